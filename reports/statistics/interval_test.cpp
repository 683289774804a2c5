#include "reports/statistics/interval.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace crossover {
namespace {

TEST(mean_interval_of, matches_hand_computed_values) {
  // Mean 3, s = sqrt(2.5), t(0.975, 4) = 2.776445: half = 2.776445 * sqrt(2.5 / 5).
  const std::array values = {1.0, 2.0, 3.0, 4.0, 5.0};
  const auto result = mean_interval(values);
  ASSERT_TRUE(result && result->lower && result->upper);
  EXPECT_DOUBLE_EQ(result->mean, 3);
  EXPECT_NEAR(*result->lower, 3 - 1.963243, 1e-6);
  EXPECT_NEAR(*result->upper, 3 + 1.963243, 1e-6);
  EXPECT_EQ(result->n, 5u);
}

TEST(mean_interval_of, one_value_has_no_bounds) {
  const std::array values = {7.0};
  const auto result = mean_interval(values);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->mean, 7);
  EXPECT_FALSE(result->lower);
  EXPECT_FALSE(result->upper);
}

TEST(mean_interval_of, positive_values_have_positive_bounds) {
  // Mean 4, s = sqrt(27), t(0.975, 2) = 4.302653: the t-interval would be 4 ± 12.908.
  const auto result = mean_interval(std::array{1.0, 1.0, 10.0});
  ASSERT_TRUE(result && result->lower && result->upper);
  EXPECT_NEAR(*result->lower, 4 / std::exp(12.907959 / 4), 1e-5);
  EXPECT_NEAR(*result->upper, 4 * std::exp(12.907959 / 4), 1e-3);
  EXPECT_LT(*mean_interval(std::array{0.0, 1.0, 10.0})->lower, 0);
}

TEST(mean_interval_of, no_values_give_nullopt) { EXPECT_FALSE(mean_interval({})); }

TEST(mean_interval_of, equal_values_give_a_point) {
  const std::array values = {4.0, 4.0, 4.0};
  const auto result = mean_interval(values);
  ASSERT_TRUE(result && result->lower);
  EXPECT_EQ(*result->lower, 4);
  EXPECT_EQ(*result->upper, 4);
}

TEST(ratio_interval_of, covers_the_true_ratio_at_its_confidence) {
  std::mt19937_64 random(17);
  std::normal_distribution<double> noise(0, 0.05);
  int covered = 0;
  constexpr int draws = 2000;
  for (int i = 0; i < draws; ++i) {
    std::vector<double> a;
    std::vector<double> b;
    for (int k = 0; k < 5; ++k) {
      a.push_back(200 * std::exp(noise(random)));
      b.push_back(100 * std::exp(2 * noise(random)));
    }
    const auto result = ratio_interval(a, b);
    covered += *result->lower <= 2 && 2 <= *result->upper;
  }
  EXPECT_NEAR(covered / static_cast<double>(draws), 0.95, 0.015);
}

TEST(ratio_interval_of, single_value_has_no_bounds_and_zero_no_ratio) {
  const std::array one = {10.0};
  const std::array many = {4.0, 6.0};
  const auto result = ratio_interval(one, many);
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->mean, 10 / std::sqrt(24.0), 1e-12);
  EXPECT_FALSE(result->lower);
  const std::array zero = {0.0, 1.0};
  EXPECT_FALSE(ratio_interval(zero, many));
  EXPECT_FALSE(ratio_interval(many, {}));
}

}  // namespace
}  // namespace crossover
