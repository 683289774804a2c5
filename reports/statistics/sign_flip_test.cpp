#include "reports/statistics/sign_flip.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "reports/statistics/binomial.hpp"
#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {
namespace {

/// The definition: the share of sign patterns whose sum is at least the observed one.
double by_definition(const std::vector<double>& values, double null) {
  const unsigned n = static_cast<unsigned>(values.size());
  double observed = 0;
  for (const double v : values) observed += v - null;
  int hits = 0;
  for (unsigned pattern = 0; pattern < (1u << n); ++pattern) {
    double sum = 0;
    for (unsigned i = 0; i < n; ++i)
      sum += (pattern >> i & 1) ? null - values[i] : values[i] - null;
    hits += sum >= observed - 1e-12;
  }
  return hits / std::ldexp(1.0, static_cast<int>(n));
}

TEST(sign_flip, three_blocks_match_hand_computation) {
  // Three of the eight patterns of {1, 2, -1} reach the observed sum of 2: +++ (2), ++- (4) and -+-
  // (2).
  const std::vector<double> values{1, 2, -1};
  EXPECT_DOUBLE_EQ(sign_flip_p(values, 0), 3.0 / 8);
}

TEST(sign_flip, blocks_all_above_null_give_smallest_p) {
  const std::vector<double> values{0.04, 0.05, 0.03, 0.06, 0.05, 0.04, 0.05};
  EXPECT_DOUBLE_EQ(sign_flip_p(values, std::log(1.01)), 1.0 / 128);
  EXPECT_DOUBLE_EQ(sign_flip_p(values, 0.10), 1.0);
}

TEST(sign_flip, enumeration_agrees_with_the_definition) {
  block_simulator noise(noise_kind::heavy_tailed, 0.02, 7);
  for (unsigned n = 1; n <= 10; ++n) {
    const std::vector<double> values = noise.log_ratios(n, 0.01);
    for (const double null : {-0.02, 0.0, 0.01, 0.03})
      EXPECT_DOUBLE_EQ(sign_flip_p(values, null), by_definition(values, null))
          << n << " blocks, null " << null;
  }
}

TEST(sign_flip, random_flips_approximate_enumeration_and_are_never_zero) {
  block_simulator noise(noise_kind::normal, 0.02, 8);
  const std::vector<double> values = noise.log_ratios(12, 0.012);
  const double exact = sign_flip_p(values, 0);
  const double drawn = sign_flip_p(values, 0, {.seed = 3, .draws = 19'999, .enumerate_up_to = 5});
  EXPECT_NEAR(drawn, exact, 4 * std::sqrt(exact * (1 - exact) / 19'999));
  const std::vector<double> slower(40, 0.05);
  EXPECT_DOUBLE_EQ(sign_flip_p(slower, 0), 1.0 / 20'000);
  EXPECT_DOUBLE_EQ(sign_flip_p(slower, 0.05), 1.0);
}

TEST(sign_flip, no_values_give_p_of_one) {
  EXPECT_DOUBLE_EQ(sign_flip_p({}, 0), 1);
  const mean_bounds none = bounds_of_mean({}, 0.05);
  EXPECT_EQ(none.lower, -INFINITY);
  EXPECT_EQ(none.upper, INFINITY);
}

TEST(bounds, invert_the_test_exactly) {
  block_simulator noise(noise_kind::bimodal, 0.02, 9);
  for (unsigned n = 5; n <= 11; ++n) {
    const std::vector<double> values = noise.log_ratios(n, 0.01);
    for (const double level : {0.05, 0.1}) {
      const mean_bounds bounds = bounds_of_mean(values, level);
      ASSERT_TRUE(std::isfinite(bounds.lower));
      EXPECT_LE(sign_flip_p(values, bounds.lower - 1e-6), level)
          << "just below the bound the null is rejected";
      EXPECT_GT(sign_flip_p(values, bounds.lower + 1e-6), level) << "just above it is not";
      std::vector<double> mirrored;
      for (const double v : values) mirrored.push_back(-v);
      EXPECT_DOUBLE_EQ(bounds_of_mean(mirrored, level).lower, -bounds.upper);
    }
  }
}

TEST(bounds, invert_the_test_with_random_flips) {
  block_simulator noise(noise_kind::normal, 0.02, 10);
  const std::vector<double> values = noise.log_ratios(30, 0.01);
  const mean_bounds bounds = bounds_of_mean(values, 0.025);
  EXPECT_LE(sign_flip_p(values, bounds.lower - 1e-9), 0.025);
  EXPECT_GT(sign_flip_p(values, bounds.lower + 1e-9), 0.025);
  double mean = 0;
  for (const double v : values) mean += v / 30;
  EXPECT_LT(bounds.lower, mean);
  EXPECT_GT(bounds.upper, mean);
}

TEST(bounds, cover_at_their_level) {
  for (const noise_kind kind : {noise_kind::normal, noise_kind::heavy_tailed, noise_kind::bimodal,
                                noise_kind::autocorrelated}) {
    block_simulator noise(kind, 0.015, 11);
    unsigned above = 0, below = 0;
    for (int draw = 0; draw < 10'000; ++draw) {
      const std::vector<double> values = noise.log_ratios(8, 0.02);
      const mean_bounds bounds = bounds_of_mean(values, 0.05);
      above += bounds.lower > 0.02;
      below += bounds.upper < 0.02;
    }
    // The level that 8 blocks attain is 12/256 = 4.7 %.
    for (const unsigned missed : {above, below}) {
      const counted_share share = clopper_pearson(missed, 10'000, 0.999);
      EXPECT_LE(share.lower, 0.05) << "noise " << static_cast<int>(kind);
      EXPECT_GE(share.upper, 0.035) << "noise " << static_cast<int>(kind);
    }
  }
}

TEST(bounds, too_few_blocks_give_infinite_bounds) {
  const std::vector<double> four{0.01, 0.02, 0.03, 0.01};
  EXPECT_EQ(bounds_of_mean(four, 0.05).upper, INFINITY);
  EXPECT_EQ(blocks_for_level(0.05), 5u);
  EXPECT_EQ(blocks_for_level(0.025), 6u);
  EXPECT_EQ(blocks_for_level(0.01), 7u);
  EXPECT_EQ(blocks_for_level(0.01, 20), 11u);
  EXPECT_EQ(blocks_for_level(0.0625), 4u);
}

}  // namespace
}  // namespace crossover
