#include "reports/statistics/location.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "reports/statistics/simulated_blocks.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

std::vector<slice> in_fours(const std::vector<double>& figures, const std::string& letters) {
  std::vector<slice> slices;
  for (std::size_t i = 0; i < figures.size(); ++i)
    slices.push_back(
        {letters[i % letters.size()] == 'A' ? side::baseline : side::candidate, figures[i]});
  return slices;
}

TEST(robust_location, small_cases_by_hand) {
  EXPECT_DOUBLE_EQ(robust_location(std::vector<double>{5}), 5);
  EXPECT_DOUBLE_EQ(robust_location(std::vector<double>{1, 3}), 2);
  // Pairs of {0, 1, 10}: 0, 1, 10, 0.5, 5, 5.5; their median is (1 + 5) / 2.
  EXPECT_DOUBLE_EQ(robust_location(std::vector<double>{0, 1, 10}), 3);
  EXPECT_TRUE(std::isnan(robust_location({})));
}

TEST(robust_location, a_quarter_of_bursts_does_not_move_it_far_and_it_is_odd) {
  std::vector<double> values, mirrored;
  for (int i = 0; i < 20; ++i) values.push_back(i % 4 == 0 ? 3.0 : 0.001 * i);
  for (const double v : values) mirrored.push_back(-v);
  EXPECT_LT(robust_location(values), 0.03);
  EXPECT_DOUBLE_EQ(robust_location(mirrored), -robust_location(values));
}

TEST(block_log_ratio, a_linear_drift_cancels_in_fours) {
  std::vector<double> figures;
  const std::string letters = "ABBABAAB";
  for (int i = 0; i < 16; ++i)
    figures.push_back(std::exp(0.01 * i) *
                      (letters[static_cast<std::size_t>(i % 8)] == 'B' ? 1.05 : 1.0));
  EXPECT_NEAR(block_log_ratio(in_fours(figures, letters)), std::log(1.05), 1e-12);
}

TEST(block_log_ratio, slices_must_alternate_as_said) {
  EXPECT_THROW(block_log_ratio(in_fours({1, 1, 1, 1}, "ABAB")), error);
  EXPECT_THROW(block_log_ratio(in_fours({1, 1, 1, 1}, "AAAA")), error);
  EXPECT_THROW(block_log_ratio(in_fours({1, 1, 1}, "ABBA")), error);
  EXPECT_THROW(block_log_ratio(in_fours({1, 0, 1, 1}, "ABBA")), error);
  EXPECT_THROW(block_log_ratio(in_fours({1, NAN, 1, 1}, "ABBA")), error);
  EXPECT_THROW(block_log_ratio(std::span<const slice>()), error);
}

TEST(block_log_ratio, of_unpaired_figures) {
  const std::vector<double> baseline_figures{1.0, 1.1, 0.9}, candidate_figures{2.0, 2.2, 1.8, 2.0};
  EXPECT_NEAR(block_log_ratio(baseline_figures, candidate_figures), std::log(2), 0.01);
  EXPECT_NEAR(block_log_ratio(candidate_figures, baseline_figures),
              -block_log_ratio(baseline_figures, candidate_figures), 1e-15);
  EXPECT_THROW(block_log_ratio({}, candidate_figures), error);
}

TEST(block_log_ratio, under_slow_drift_and_bursts_it_scatters_less_than_the_mean_of_slices_would) {
  block_simulator noise(noise_kind::normal, 1, 31);
  flip_stream coin(32);
  double squares = 0, plain_squares = 0;
  for (int draw = 0; draw < 400; ++draw) {
    double drift = 0;
    std::vector<slice> slices;
    double plain = 0;
    for (int four = 0; four < 10; ++four) {
      const std::string letters = (coin.next() & 1) ? "ABBA" : "BAAB";
      for (const char letter : letters) {
        drift = 0.99 * drift + 0.003 * noise.normal();
        const double burst = coin.uniform() < 0.05 ? 0.3 : 0;
        const double log_time = drift + burst + 0.01 * noise.normal();
        slices.push_back({letter == 'A' ? side::baseline : side::candidate, std::exp(log_time)});
        plain += (letter == 'A' ? -1 : 1) * log_time / 20;
      }
    }
    squares += std::pow(block_log_ratio(slices), 2) / 400;
    plain_squares += plain * plain / 400;
  }
  EXPECT_LT(std::sqrt(squares), 0.01);
  EXPECT_LT(std::sqrt(squares), 0.6 * std::sqrt(plain_squares));
}

}  // namespace
}  // namespace crossover
