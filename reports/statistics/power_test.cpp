#include "reports/statistics/power.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "reports/statistics/sign_flip.hpp"
#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {
namespace {

double simulated_power(unsigned blocks, double sd, double shift, double level, int draws) {
  block_simulator noise(noise_kind::normal, sd, 41);
  int rejected = 0;
  for (int draw = 0; draw < draws; ++draw) {
    const std::vector<double> values = noise.log_ratios(blocks, shift);
    rejected += sign_flip_p(values, 0) <= level;
  }
  return rejected / static_cast<double>(draws);
}

TEST(power, agrees_with_simulation_or_errs_to_the_safe_side) {
  struct {
    unsigned blocks;
    double shift;
  } cases[] = {{7, 2.6}, {10, 1.3}, {10, 1.8}, {12, 1.2}, {12, 1.6}};
  for (const auto& c : cases) {
    const double predicted = sign_flip_power(c.blocks, 1, c.shift, 0.01);
    const double simulated = simulated_power(c.blocks, 1, c.shift, 0.01, 1'500);
    EXPECT_LE(predicted, simulated + 0.035) << c.blocks << " blocks, " << c.shift << " s.d.";
    EXPECT_GE(predicted, simulated - 0.12) << c.blocks << " blocks, " << c.shift << " s.d.";
  }
}

TEST(power, too_few_blocks_have_none) {
  EXPECT_EQ(sign_flip_power(6, 0.001, 0.05, 0.01), 0);
  EXPECT_EQ(sign_flip_power(10, 0.01, 0, 0.01), 0);
  EXPECT_EQ(sign_flip_power(10, 0, 0.05, 0.01), 1);
  EXPECT_EQ(visible_shift(6, 0.01, 0.01, 0.95), INFINITY);
}

TEST(power, planning_gives_the_least_number_of_blocks) {
  const auto blocks = blocks_for_power(0.03, 0.04, 0.01, 0.95);
  ASSERT_TRUE(blocks);
  EXPECT_GE(sign_flip_power(*blocks, 0.03, 0.04, 0.01), 0.95);
  EXPECT_LT(sign_flip_power(*blocks - 1, 0.03, 0.04, 0.01), 0.95);
  EXPECT_EQ(blocks_for_power(0.0001, 0.04, 0.01, 0.95), 7u);
  EXPECT_FALSE(blocks_for_power(0.5, 0.001, 0.01, 0.95));
  EXPECT_FALSE(blocks_for_power(0.01, -0.01, 0.01, 0.95));
}

TEST(power, the_visible_shift_is_seen_with_the_power_asked_for) {
  const double shift = visible_shift(10, 0.015, 0.01, 0.95);
  EXPECT_NEAR(sign_flip_power(10, 0.015, shift, 0.01), 0.95, 1e-3);
  EXPECT_GT(shift, 0.015);
  EXPECT_LT(shift, 0.03);
}

TEST(power, the_bound_on_a_scatter) {
  // chi-squared with 5 degrees of freedom has its 20 % point at 2.3425.
  EXPECT_NEAR(sd_at_most(1, 6, 0.8), std::sqrt(5 / 2.3425), 1e-3);
  EXPECT_EQ(sd_at_most(1, 1, 0.8), INFINITY);
}

}  // namespace
}  // namespace crossover
