#include "reports/check/gate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "reports/check/simulated_gate.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

std::vector<gated_cell> suite(std::size_t count) {
  std::vector<gated_cell> cells(count);
  for (std::size_t i = 0; i < count; ++i) cells[i].name = "cell/" + std::to_string(i);
  return cells;
}

std::vector<block_record> steady(unsigned n, double shift, double scatter) {
  std::vector<block_record> blocks;
  for (unsigned i = 0; i < n; ++i) {
    blocks.push_back(record_with(shift + (i % 2 == 0 ? scatter : -scatter)));
    blocks.back().round = i;
  }
  return blocks;
}

std::vector<measured_cell> screened(const std::vector<std::vector<block_record>>& screens) {
  std::vector<measured_cell> cells;
  for (const auto& screen : screens) cells.emplace_back().screen = screen;
  return cells;
}

TEST(plan, single_cell_has_no_screen_and_takes_three_seconds) {
  const block_plan plan = plan_blocks({}, suite(1));
  EXPECT_FALSE(plan.screens);
  EXPECT_EQ(plan.confirm_blocks, 10u);
  EXPECT_LE(plan.expected_s, 3);
  EXPECT_LE(plan.visible, 0.05);
  EXPECT_DOUBLE_EQ(plan.bound_level, 1 - 0.95);
}

TEST(plan, screens_twenty_cells_within_three_minutes) {
  const block_plan plan = plan_blocks({}, suite(20));
  EXPECT_TRUE(plan.screens);
  EXPECT_GE(plan.screen_blocks, blocks_for_level(0.025));
  EXPECT_LE(plan.expected_s, 180);
  EXPECT_LE(plan.visible, 0.05);
  EXPECT_TRUE(plan.within_budget);
  EXPECT_DOUBLE_EQ(plan.bound_level, (1 - 0.95) / 2);
}

TEST(plan, more_noise_needs_more_blocks_and_reports_a_short_budget) {
  gate_options noisy;
  noisy.block_sd = 0.05;
  noisy.budget_s = 20;
  const block_plan plan = plan_blocks(noisy, suite(20));
  EXPECT_GT(plan.expected_s, plan_blocks({}, suite(20)).expected_s);
  EXPECT_FALSE(plan.within_budget);
  EXPECT_NE(plan_text(plan, noisy, 20).find("budget of 20 s is too short"), std::string::npos);
}

TEST(plan, rejects_contradictory_options) {
  EXPECT_THROW(plan_blocks({}, {}), error);
  gate_options options;
  options.rates.false_alarms = 0;
  EXPECT_THROW(plan_blocks(options, suite(1)), error);
  std::vector<gated_cell> cells = suite(1);
  cells[0].tolerate = 0.05;
  try {
    plan_blocks({}, cells);
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "cell/0: --tolerate 5 % must be at least 0 and below --detect 5 %");
  }
}

TEST(screen, passes_quiet_cells_and_keeps_slower_and_noisy_ones) {
  const gate_options options;
  const auto cells = suite(20);
  const block_plan plan = plan_blocks(options, cells);
  std::vector<std::vector<block_record>> screen(20, steady(plan.screen_blocks, 0, 0.004));
  screen[3] = steady(plan.screen_blocks, std::log(1.05), 0.004);
  screen[5] = steady(plan.screen_blocks, 0, 0.2);
  screen[7] = steady(plan.screen_blocks, std::log(1.03),
                     0.002);  // slower than tolerated, though less than `detect`
  screen[9] = {};             // no block yet
  const std::vector<survivor> survived = survivors(plan, options, cells, screened(screen));
  ASSERT_EQ(survived.size(), 4u);
  EXPECT_EQ(survived[0].cell, 3u);
  EXPECT_EQ(survived[1].cell, 5u);
  EXPECT_EQ(survived[2].cell, 7u);
  EXPECT_EQ(survived[3].cell, 9u);
  EXPECT_EQ(survived[0].blocks, blocks_for_level(0.01, 4) + 3);
  EXPECT_GT(survived[1].blocks, 50u) << "a noisy cell needs more";
}

TEST(screen, confirmation_fits_the_budget_and_keeps_its_level) {
  gate_options options;
  options.budget_s = 40;
  const auto cells = suite(20);
  const block_plan plan = plan_blocks(options, cells);
  const std::vector<std::vector<block_record>> screen(20, steady(plan.screen_blocks, 0, 0.3));
  for (const survivor& one : survivors(plan, options, cells, screened(screen)))
    EXPECT_EQ(one.blocks, blocks_for_level(0.01, 20) + 3);
}

TEST(enough_blocks, ends_early_after_a_disturbed_screen_ignoring_signs) {
  const gate_options options;
  const auto cells = suite(20);
  const block_plan plan = plan_blocks(options, cells);
  const auto enough = [&](const std::vector<block_record>& fresh) {
    return enough_blocks(plan, options, cells[0], 1'000, 2, fresh);
  };
  EXPECT_FALSE(enough(steady(plan.confirm_blocks - 1, 0, 0.004))) << "at least the planned number";
  EXPECT_TRUE(enough(steady(plan.confirm_blocks, 0, 0.004)));
  const auto noisy = [](unsigned n) {
    std::vector<block_record> blocks = steady(n, 0, 0.05);
    for (std::size_t i = 0; i < n; ++i) blocks[i].location *= 1 + static_cast<double>(i % 3);
    return blocks;
  };
  EXPECT_FALSE(enough(noisy(plan.confirm_blocks)));
  EXPECT_TRUE(enough(noisy(900)));
  std::vector<block_record> noisy_total = noisy(plan.confirm_blocks);
  for (block_record& b : noisy_total) std::swap(b.total, b.location), b.location /= 25;
  EXPECT_FALSE(enough(noisy_total));
  // The same distances from the tolerance with other signs.
  for (std::vector<block_record> fresh :
       {steady(plan.confirm_blocks, 0, 0.004), steady(40, 0.02, 0.03),
        steady(60, std::log(1.05), 0.05)}) {
    const bool before = enough(fresh);
    for (std::size_t i = 0; i < fresh.size(); i += 3)
      fresh[i].location = fresh[i].total =
          2 * std::log1p(options.rates.tolerate) - fresh[i].location;
    EXPECT_EQ(enough(fresh), before);
  }
}

TEST(enough_blocks, failures_on_one_side_take_as_many_as_tell_them_from_chance) {
  const gate_options options;
  const auto cells = suite(20);
  const block_plan plan = plan_blocks(options, cells);
  const auto enough = [&](unsigned blocks, unsigned every) {
    std::vector<block_record> fresh = steady(blocks, 0, 0.004);
    for (std::size_t i = 0; i < fresh.size(); i += every) {
      fresh[i].is_measured = false;
      fresh[i].failed_processes = {0, 1};
    }
    return enough_blocks(plan, options, cells[0], 14, 2, fresh);
  };
  EXPECT_TRUE(enough(14, 14)) << "one failure: 3 x 14 blocks would not show it";
  EXPECT_FALSE(enough(14, 4));
  EXPECT_TRUE(enough(29, 4)) << "8 failed";
  EXPECT_FALSE(enough(7, 1));
  EXPECT_TRUE(enough(8, 1)) << "no block without a failure";
}

TEST(compare_blocks, gives_each_cell_its_verdict) {
  const gate_options options;
  auto cells = suite(20);
  cells[6].tolerate = 0.08;
  cells[6].detect = 0.2;
  const block_plan plan = plan_blocks(options, cells);
  std::vector<measured_cell> measured(20);
  for (measured_cell& cell : measured) cell.screen = steady(plan.screen_blocks, 0, 0.004);
  const auto confirmed = [&](std::size_t i, double shift, double scatter, unsigned blocks) {
    measured[i].screen = steady(plan.screen_blocks, shift, scatter);
    measured[i].confirm = steady(blocks, shift, scatter);
  };
  confirmed(0, std::log(1.05), 0.01, 12);
  confirmed(1, 0, 0.09, 12);
  confirmed(2, std::log(1.05), 0.004, 0);  // the confirmation did not start
  confirmed(3, std::log(1.05), 0.004, 4);  // or was too short
  confirmed(4, std::log(0.9), 0.004, 14);  // improved
  confirmed(6, std::log(1.05), 0.004, 0);  // within its own tolerance
  const check_result result = compare_blocks(plan, options, cells, measured);
  EXPECT_EQ(result.cells[0].outcome, verdict::regression);
  EXPECT_NEAR(*result.cells[0].ratio, 1.05, 1e-9);
  EXPECT_LT(*result.cells[0].lower, 1.05);
  EXPECT_GT(*result.cells[0].upper, 1.05);
  EXPECT_LE(*result.cells[0].adjusted_p, 0.01);
  EXPECT_EQ(result.cells[0].blocks, 12u);
  EXPECT_EQ(result.cells[1].outcome, verdict::inconclusive);
  EXPECT_NE(result.cells[1].remedy.find("would decide it"), std::string::npos)
      << result.cells[1].remedy;
  EXPECT_EQ(result.cells[2].outcome, verdict::inconclusive);
  EXPECT_NE(result.cells[2].remedy.find("raise --budget"), std::string::npos);
  EXPECT_EQ(result.cells[3].outcome, verdict::inconclusive);
  EXPECT_NE(result.cells[3].remedy.find("4 blocks are too few"), std::string::npos)
      << result.cells[3].remedy;
  EXPECT_EQ(result.cells[4].outcome, verdict::pass);
  EXPECT_TRUE(result.cells[4].improvement);
  EXPECT_EQ(result.cells[6].outcome, verdict::pass);
  EXPECT_EQ(result.cells[8].outcome, verdict::pass);
  EXPECT_EQ(result.cells[8].decided, decided_by::screen);
  EXPECT_FALSE(result.cells[8].adjusted_p);
  EXPECT_EQ(exit_code_of(result), 1);
}

TEST(compare_blocks, no_blocks_is_inconclusive) {
  const gate_options options;
  const auto cells = suite(2);
  const check_result result =
      compare_blocks(plan_blocks(options, cells), options, cells, std::vector<measured_cell>(2));
  EXPECT_EQ(verdict_of(result), verdict::inconclusive);
  EXPECT_NE(result.cells[0].remedy.find("no block"), std::string::npos);
}

// The guaranteed error rates, on simulated suites of 20 cells whose blocks scatter by 1.5 %.

class simulated_error_rates : public testing::TestWithParam<noise_kind> {};

TEST_P(simulated_error_rates, bounds_false_alarms_at_the_tolerance) {
  const gate_record record =
      simulate_gate({.suites = 1'200, .kind = GetParam(), .shift = 0.01, .seed = 51});
  EXPECT_LE(clopper_pearson(record.false_alarms, record.suites, 0.999).lower, 0.01)
      << record.false_alarms;
}

TEST_P(simulated_error_rates, identical_code_passes) {
  const gate_record record = simulate_gate({.suites = 1'200, .kind = GetParam(), .seed = 52});
  EXPECT_LE(record.false_alarms, 2u);
  EXPECT_GE(record.passed, record.suites * 8 / 10);
}

TEST_P(simulated_error_rates, finds_a_slowdown_of_detect) {
  const gate_record record =
      simulate_gate({.suites = 1'200, .kind = GetParam(), .slower = 0.05, .seed = 53});
  EXPECT_GE(clopper_pearson(record.found, record.suites, 0.999).upper, 0.95) << record.found;
  EXPECT_LE(clopper_pearson(record.missed, record.suites, 0.999).lower, 0.05) << record.missed;
}

TEST_P(simulated_error_rates, bounds_wrong_passes_under_heavy_noise) {
  const gate_record record = simulate_gate({.suites = 100,
                                            .cells = 4,
                                            .kind = GetParam(),
                                            .sd = 0.06,
                                            .slower = 0.05,
                                            .budget_s = 15,
                                            .seed = 54});
  EXPECT_LE(clopper_pearson(record.missed, record.suites, 0.999).lower, 0.05) << record.missed;
}

INSTANTIATE_TEST_SUITE_P(noise, simulated_error_rates,
                         testing::Values(noise_kind::normal, noise_kind::autocorrelated,
                                         noise_kind::heavy_tailed, noise_kind::bimodal));

}  // namespace
}  // namespace crossover
