#include "reports/statistics/autocorrelation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

TEST(lag_one_autocorrelation, agrees_with_series_computed_by_hand) {
  // Deviations -1.5 -0.5 0.5 1.5: products 0.75 - 0.25 + 0.75, squares 5.
  const std::array ascending = {1.0, 2.0, 3.0, 4.0};
  EXPECT_DOUBLE_EQ(lag_one_autocorrelation(ascending), 0.25);
  const std::array alternating = {1.0, -1.0, 1.0, -1.0};
  EXPECT_DOUBLE_EQ(lag_one_autocorrelation(alternating), -0.75);
}

TEST(lag_one_autocorrelation, is_0_for_short_or_constant_series) {
  const std::array two = {1.0, 2.0};
  const std::array constant = {3.0, 3.0, 3.0};
  EXPECT_EQ(lag_one_autocorrelation(two), 0);
  EXPECT_EQ(lag_one_autocorrelation(constant), 0);
}

TEST(variance_inflation, independent_values_need_none) {
  EXPECT_DOUBLE_EQ(variance_inflation(8, 0), 1);
  EXPECT_DOUBLE_EQ(effective_sample_size(8, 0), 8);
}

TEST(variance_inflation, equals_the_sum_over_all_pairs_of_values) {
  const std::size_t n = 6;
  const double rho = 0.4;
  double summed = 0;  // variance of the mean times n
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) summed += std::pow(rho, std::abs(i - j)) / 6;
  EXPECT_NEAR(effective_sample_size(n, rho), 6 / summed, 1e-12);
  EXPECT_NEAR(variance_inflation(n, rho), summed * 5 / (6 - summed), 1e-12);
}

TEST(variance_inflation, approaches_the_limit_of_long_series) {
  EXPECT_NEAR(variance_inflation(1'000'000, 0.3), 1.3 / 0.7, 1e-4);
}

TEST(corrected_autocorrelation, removes_most_of_the_bias) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  double raw = 0;
  double corrected = 0;
  constexpr int series = 20'000;
  for (int s = 0; s < series; ++s) {
    double drift = normal(random);
    std::vector<double> values;
    for (int i = 0; i < 16; ++i) {
      values.push_back(drift);
      drift = 0.3 * drift + std::sqrt(1 - 0.09) * normal(random);
    }
    const double lag_one = lag_one_autocorrelation(values);
    raw += lag_one / series;
    corrected += corrected_autocorrelation(lag_one, 16) / series;
  }
  EXPECT_LT(std::abs(corrected - 0.3), std::abs(raw - 0.3) / 2);
}

}  // namespace
}  // namespace crossover
