#include "workloads/base/nearest.hpp"

#include <gtest/gtest.h>

namespace crossover {
namespace {

const std::vector<std::string> models = {"serial", "event_loop", "shared_loop", "thread_pool",
                                         "processes"};

TEST(nearest, finds_misspelt_names) {
  EXPECT_EQ(nearest("event_loop", models), "event_loop");
  EXPECT_EQ(nearest("eventloop", models), "event_loop");
  EXPECT_EQ(nearest("thraed_pool", models), "thread_pool");
  EXPECT_EQ(nearest("proceses", models), "processes");
  EXPECT_EQ(nearest("dealy", {"bytes", "delay"}), "delay") << "a swap of two letters is one edit";
}

TEST(nearest, allows_one_edit_in_a_short_word) {
  EXPECT_EQ(nearest("ab", {"ax"}), "ax");
  EXPECT_EQ(nearest("", {"x"}), "x");
  EXPECT_EQ(nearest("ab", {"xy"}), "");
}

TEST(nearest, returns_empty_without_a_close_candidate) {
  EXPECT_EQ(nearest("database", models), "");
  EXPECT_EQ(nearest("serial", {}), "");
}

TEST(nearest, suggestion_lists_all_candidates) {
  EXPECT_EQ(suggestion("slep", {"noop", "sleep"}), "did you mean 'sleep'? (known: noop, sleep)");
  EXPECT_EQ(suggestion("database", {"noop", "sleep"}), "known: noop, sleep");
}

}  // namespace
}  // namespace crossover
