#include "reports/check/comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "reports/check/sample_comparison.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

check_result with(verdict outcome) {
  check_result result;
  cell_comparison cell;
  cell.name = "a";
  cell.outcome = outcome;
  result.cells.push_back(cell);
  return result;
}

TEST(check_result, exit_codes) {
  EXPECT_EQ(exit_code_of(with(verdict::pass)), 0);
  EXPECT_EQ(exit_code_of(with(verdict::regression)), 1);
  EXPECT_EQ(exit_code_of(with(verdict::inconclusive)), 2);
  EXPECT_EQ(exit_code_of(check_result{}), 2) << "silence is no pass";
}

TEST(check_result, what_is_missing_is_never_a_pass) {
  for (auto list : {&check_result::removed, &check_result::failing}) {
    check_result result = with(verdict::pass);
    (result.*list).push_back({"b", ""});
    EXPECT_EQ(verdict_of(result), verdict::inconclusive);
  }
  check_result failing = with(verdict::pass);
  failing.newly_failing.push_back({"b", ""});
  EXPECT_EQ(verdict_of(failing), verdict::regression);
  for (auto list : {&check_result::added, &check_result::skipped}) {
    check_result result = with(verdict::pass);
    (result.*list).push_back({"b", ""});
    EXPECT_EQ(verdict_of(result), verdict::pass);
  }
}

TEST(check_result, environments_that_differ_need_leave) {
  check_result result = with(verdict::pass);
  result.environment.push_back({"kernel", "a", "b"});
  EXPECT_EQ(verdict_of(result), verdict::inconclusive);
  result.environment_allowed = true;
  EXPECT_EQ(verdict_of(result), verdict::pass);
}

TEST(check_result, a_common_cell_is_required_but_a_failed_one_is_enough) {
  check_result result;
  EXPECT_THROW(require_common_cells(result), error);
  result.newly_failing.push_back({"a", "crashed"});
  EXPECT_NO_THROW(require_common_cells(result));
}

TEST(check_result, order_of_urgency) {
  const check_result result = sample_comparison();
  int last = 0;
  for (const cell_comparison* cell : by_urgency(result)) {
    const int rank = cell->outcome == verdict::regression     ? 0
                     : cell->outcome == verdict::inconclusive ? 1
                     : cell->improvement                      ? 2
                                                              : 3;
    EXPECT_GE(rank, last);
    last = rank;
  }
}

TEST(check_result, figures_in_words) {
  EXPECT_EQ(as_change(1.0512), "+5.12 %");
  EXPECT_EQ(as_change(0.9), "-10.00 %");
  EXPECT_EQ(as_change(40.0), "x40");
  EXPECT_EQ(as_change(std::nullopt), "n/a");
  EXPECT_EQ(as_change(INFINITY), "n/a");
  EXPECT_EQ(as_percent(0.01), "1 %");
  EXPECT_EQ(as_percent(0.025), "2.5 %");
}

}  // namespace
}  // namespace crossover
