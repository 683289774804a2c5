#include "reports/check/controls.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "reports/check/run_gate.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

pair_block pair_of(double log_ratio, double seconds = 0) {
  return pair_block{.record = {.location = log_ratio, .total = log_ratio}, .seconds = seconds};
}

/// Three cells of identical builds that scatter by 1 %, with controls that give these log ratios.
paired_cells identical(std::function<double(double slower, unsigned block)> control) {
  return {
      .names = {"a", "b", "c"},
      .prepare = [](std::size_t cell) { return pair_of(0, cell == 1 ? 0.05 : 0.3); },
      .measure = [](std::size_t, std::uint64_t round) { return pair_of(round % 2 ? 0.01 : -0.01); },
      .measure_control =
          [control, blocks = 0u](std::size_t cell, double slower) mutable {
            EXPECT_EQ(cell, 1u) << "the cheapest";
            return pair_of(control(slower, blocks++), 0.1);
          },
      .can_be_slowed = [](std::size_t, double) { return true; }};
}

TEST(controls, expected_results_leave_the_verdict_unchanged) {
  const check_result result =
      run_gate(identical([](double slower, unsigned) { return std::log1p(slower); }), {}, {});
  EXPECT_EQ(verdict_of(result), verdict::pass);
  ASSERT_EQ(result.controls.size(), 2u);
  EXPECT_EQ(result.controls[0].added, 0);
  EXPECT_DOUBLE_EQ(*result.controls[0].ratio, 1);
  EXPECT_EQ(result.controls[1].added, 0.05);
  EXPECT_FALSE(result.controls[1].is_counted);
  EXPECT_NEAR(*result.controls[1].ratio, 1.05, 1e-9);
  for (const control_comparison& control : result.controls) {
    EXPECT_EQ(control.problem, "");
    EXPECT_NEAR(control.seconds, 0.1 * control.blocks, 1e-9);
    EXPECT_LT(control.blocks, result.cells[0].blocks);
  }
}

TEST(controls, baseline_that_differs_from_itself_is_inconclusive_even_beside_a_regression) {
  for (const double bias : {0.05, -0.05}) {
    paired_cells cells =
        identical([=](double slower, unsigned) { return std::log1p(slower) + bias; });
    cells.measure = [](std::size_t, std::uint64_t round) {
      return pair_of(0.2 + (round % 2 ? 0.01 : -0.01));
    };
    const check_result result = run_gate(cells, {}, {});
    EXPECT_EQ(result.cells[0].outcome, verdict::regression);
    EXPECT_EQ(exit_code_of(result), 2);
    EXPECT_NE(result.controls[0].problem.find("differs from itself"), std::string::npos);
    EXPECT_NE(headline(result).find("a control came out wrong"), std::string::npos);
  }
}

TEST(controls, slowdown_that_is_not_found_is_inconclusive) {
  const check_result result = run_gate(identical([](double, unsigned) { return 0; }), {}, {});
  EXPECT_EQ(verdict_of(result), verdict::inconclusive);
  EXPECT_EQ(result.controls[0].problem, "");
  EXPECT_NE(result.controls[1].problem.find("a slowdown of 5 % was not found in"),
            std::string::npos);
}

TEST(controls, one_disturbed_block_is_measured_again) {
  const check_result result =
      run_gate(identical([](double slower, unsigned block) {
                 return block < 2 ? 0.06 - std::log1p(slower) : std::log1p(slower);
               }),
               {}, {});
  EXPECT_EQ(verdict_of(result), verdict::pass) << headline(result);
}

TEST(controls, slowdown_is_counted_into_the_readings_of_a_cell_that_cannot_be_slowed) {
  paired_cells cells = identical([](double slower, unsigned) {
    EXPECT_EQ(slower, 0);
    return 0.002;
  });
  cells.can_be_slowed = {};
  const check_result result = run_gate(cells, {}, {});
  EXPECT_EQ(verdict_of(result), verdict::pass);
  ASSERT_EQ(result.controls.size(), 2u);
  EXPECT_TRUE(result.controls[1].is_counted);
  EXPECT_NEAR(*result.controls[1].ratio, 1.05 * std::exp(0.002), 1e-9);
  EXPECT_EQ(result.controls[1].seconds, 0);
  EXPECT_EQ(result.controls[1].blocks, result.controls[0].blocks);
}

TEST(controls, slowdown_is_counted_if_work_would_take_more_than_a_tenth_of_the_time) {
  paired_cells cells = identical([](double slower, unsigned) { return std::log1p(slower); });
  cells.prepare = [](std::size_t cell) { return pair_of(0, cell == 1 ? 0.29 : 0.3); };
  EXPECT_TRUE(run_gate(cells, {}, {}).controls[1].is_counted);
}

TEST(controls, control_that_cannot_be_measured_is_inconclusive_and_says_why) {
  paired_cells cells = identical([](double, unsigned) { return 0; });
  cells.measure_control = [](std::size_t, double) { return pair_block{.failures = {"", "boom"}}; };
  check_result result = run_gate(cells, {}, {});
  EXPECT_EQ(verdict_of(result), verdict::inconclusive);
  EXPECT_EQ(result.controls[0].problem, "it cannot be measured: boom");
  cells.measure_control = [](std::size_t, double) -> pair_block {
    throw error(error_kind::failed, "no results");
  };
  result = run_gate(cells, {}, {});
  EXPECT_EQ(result.controls[1].problem, "it cannot be measured: no results");
}

TEST(controls, cheapest_cell_of_those_that_scatter_little_is_chosen) {
  const auto scattering = [](double sd) {
    measured_cell cell;
    for (const std::uint64_t round : {0, 1, 2, 3}) {
      const double value = round % 2 == 0 ? sd : -sd;
      cell.screen.push_back({.round = round, .location = value, .total = value});
    }
    return cell;
  };
  const std::vector<gated_cell> cells = {
      {.name = "a", .block_s = 0.3}, {.name = "b", .block_s = 0.2}, {.name = "c", .block_s = 0.1}};
  const std::vector<measured_cell> measured = {scattering(0.001), scattering(0.002),
                                               scattering(0.04)};
  EXPECT_EQ(plan_controls(cells, measured, {})->cell, 1u);
  EXPECT_NEAR(plan_controls(cells, measured, {})->location_sd, 0.0023, 1e-4);
  EXPECT_EQ(plan_controls(cells, measured, [](std::size_t cell) { return cell != 1; })->cell, 0u);
  EXPECT_EQ(plan_controls(cells, measured, [](std::size_t cell) { return cell == 2; })->cell, 1u)
      << "the one that can be slowed scatters too much";
  EXPECT_FALSE(plan_controls(cells, std::vector<measured_cell>(3), {}));
}

TEST(controls, scatter_between_pairs_of_links_does_not_count) {
  measured_cell cell;
  for (const std::uint64_t pair : {0, 1, 2, 0, 1, 2}) {
    const double value = 0.1 * static_cast<double>(pair) + (cell.screen.size() < 3 ? 0.004 : 0);
    cell.screen.push_back({.round = pair, .location = value, .total = value});
  }
  const std::vector<gated_cell> cells = {{.name = "a"}};
  EXPECT_NEAR(plan_controls(cells, {&cell, 1}, {})->location_sd, 0.004 / std::sqrt(2), 1e-6);
}

}  // namespace
}  // namespace crossover
