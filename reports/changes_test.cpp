#include "reports/changes.hpp"

#include <gtest/gtest.h>

#include "reports/check/compare_files.hpp"
#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

TEST(changes_in, judges_as_check_judges_the_same_files) {
  const auto before =
      results_for_test({cell_for_test("event_loop", 1, 64, around(100, 10, 0.01, 1)),
                        cell_for_test("thread_pool", 1, 64, around(9, 10, 0.01, 2)),
                        cell_for_test("processes", 1, 64, around(50, 10, 0.2, 3))});
  const auto after = results_for_test({cell_for_test("event_loop", 1, 64, around(80, 10, 0.01, 4)),
                                       cell_for_test("thread_pool", 1, 64, around(12, 10, 0.01, 5)),
                                       cell_for_test("processes", 1, 64, around(51, 10, 0.2, 6))});
  file_options options;
  options.metric = "throughput";
  const check_result checked = compare_files(before, after, options);
  const std::vector<change> changes = changes_in(*find_metric("throughput"), before, after);
  ASSERT_EQ(changes.size(), checked.cells.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].verdict, verdict_word(checked.cells[i]));
    EXPECT_DOUBLE_EQ(changes[i].ratio.mean, 1 / *checked.cells[i].ratio);
    EXPECT_DOUBLE_EQ(*changes[i].ratio.lower, 1 / *checked.cells[i].upper);
  }
  EXPECT_EQ(check_headline(before, after), headline(compare_files(before, after, {})));
}

TEST(changes_in, ratio_is_new_over_old_for_every_metric) {
  const auto before = results_for_test({cell_for_test("serial", 1, 1, around(100, 10, 0.01, 1))});
  const auto after = results_for_test({cell_for_test("serial", 1, 1, around(50, 10, 0.01, 2))});
  const auto ratio_of = [&](const char* id) {
    return changes_in(*find_metric(id), before, after).at(0).ratio.mean;
  };
  EXPECT_NEAR(ratio_of("throughput"), 0.5, 0.02);
  EXPECT_NEAR(ratio_of("time"), 2, 0.1);
  EXPECT_TRUE(changes_in(*find_metric("cpu_share"), before, after).empty());
  EXPECT_TRUE(changes_in(*find_metric("errors"), before, after).empty()) << "no ratio of zeros";
}

TEST(changes_in, names_failed_operations_that_decide) {
  const auto before = results_for_test({cell_for_test("serial", 1, 1, around(1'000, 10, 0.01, 1))});
  auto after = before;
  for (sample& s : after.cells[0].samples) s.errors["read:ECONNRESET"] = s.operations;
  const change found = changes_in(*find_metric("throughput"), before, after).at(0);
  EXPECT_EQ(found.verdict, "regression");
  EXPECT_EQ(found.because, "50 % of operations fail, 0 % in the baseline");
  EXPECT_EQ(changes_in(*find_metric("throughput"), before, before).at(0).because, "");
}

}  // namespace
}  // namespace crossover
