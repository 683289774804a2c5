#include "reports/check/layout.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

layout read_text(const std::string& text) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("layout_test-" + std::to_string(::getpid())))
          .string();
  std::ofstream(path) << text;
  try {
    const layout measured = read_layout(path);
    std::filesystem::remove(path);
    return measured;
  } catch (...) {
    std::filesystem::remove(path);
    throw;
  }
}

TEST(read_layout, reads_links_and_scatter_by_cell) {
  const layout measured = read_text(
      R"({"crossover_layout": {"links": 16, "cells": [{"name": "a*/b", "scatter": 0.02}]}})");
  EXPECT_EQ(measured.links, 16u);
  EXPECT_EQ(measured.scatter, (std::map<std::string, double>{{"a*/b", 0.02}}));
}

TEST(read_layout, refuses_other_documents) {
  for (const char* text :
       {"", "{}", R"({"crossover_layout": {"links": 16}})",
        R"({"crossover_layout": {"links": 1, "cells": [{"name": "a", "scatter": 0.1}]}})",
        R"({"crossover_layout": {"links": 9, "cells": [{"name": "a", "scatter": -1}]}})"})
    EXPECT_THROW(read_text(text), error) << text;
}

TEST(tolerating_layout, adds_what_two_links_differ_by) {
  const layout measured{.links = 16, .scatter = {{"a*", 0.01}}};
  const thresholds rules = tolerating_layout(measured, {}, {"a*", "ab"}, {});
  // t(15) at 0.5 % is 2.947.
  const cell_thresholds grown = thresholds_of(rules, "a*", {0.01, 0.05});
  const double factor = std::exp(2.947 * 0.01 * std::sqrt(2.0));
  EXPECT_NEAR(1 + grown.tolerate, 1.01 * factor, 1e-4);
  EXPECT_NEAR(1 + grown.detect, 1.05 * factor, 1e-4);
  EXPECT_EQ(thresholds_of(rules, "ab", {0.01, 0.05}), (cell_thresholds{0.01, 0.05}));
}

}  // namespace
}  // namespace crossover
