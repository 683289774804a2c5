#include "reports/statistics/change_points.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "reports/statistics/binomial.hpp"
#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {
namespace {

std::vector<double> levels(block_simulator& noise,
                           const std::vector<std::pair<int, double>>& stretches) {
  std::vector<double> values;
  for (const auto& [runs, level] : stretches)
    for (const double v : noise.log_ratios(static_cast<unsigned>(runs), level)) values.push_back(v);
  return values;
}

TEST(benjamini_hochberg, by_hand) {
  const std::vector<double> q = benjamini_hochberg({0.01, 0.04, 0.03, 0.5});
  EXPECT_NEAR(q[0], 0.04, 1e-12);
  EXPECT_NEAR(q[1], 0.04 * 4 / 3, 1e-12);
  EXPECT_NEAR(q[2], 0.04 * 4 / 3, 1e-12);
  EXPECT_NEAR(q[3], 0.5, 1e-12);
}

TEST(change_points, finds_a_step_and_its_size) {
  block_simulator noise(noise_kind::normal, 0.015, 81);
  const auto marked = change_points({levels(noise, {{15, 0.0}, {15, 0.05}})});
  ASSERT_EQ(marked[0].size(), 1u);
  EXPECT_NEAR(static_cast<double>(marked[0][0].index), 15, 1);
  EXPECT_NEAR(marked[0][0].shift, 0.05, 0.02);
  EXPECT_LE(marked[0][0].q, 0.05);
}

TEST(change_points, finds_a_step_up_and_down_again) {
  block_simulator noise(noise_kind::heavy_tailed, 0.01, 82);
  const auto marked = change_points({levels(noise, {{14, 0.0}, {14, 0.08}, {14, 0.0}})});
  ASSERT_EQ(marked[0].size(), 2u);
  EXPECT_NEAR(static_cast<double>(marked[0][0].index), 14, 1);
  EXPECT_NEAR(static_cast<double>(marked[0][1].index), 28, 1);
  EXPECT_GT(marked[0][0].shift, 0.05);
  EXPECT_LT(marked[0][1].shift, -0.05);
}

TEST(change_points, one_wild_run_is_no_change) {
  block_simulator noise(noise_kind::normal, 0.01, 83);
  std::vector<double> values = levels(noise, {{30, 0.0}});
  values[20] += 3;
  EXPECT_TRUE(change_points({values})[0].empty());
}

TEST(change_points, short_equal_and_empty_series) {
  const auto marked = change_points({{}, {1}, {1, 2, 3}, {5, 5, 5, 5, 5, 5, 5, 5, 5, 5}});
  for (const auto& changes : marked) EXPECT_TRUE(changes.empty());
}

TEST(change_points, in_unchanging_histories_a_mark_is_as_rare_as_said) {
  for (const noise_kind kind :
       {noise_kind::normal, noise_kind::heavy_tailed, noise_kind::bimodal}) {
    block_simulator noise(kind, 0.015, 84);
    unsigned marked_any = 0;
    for (unsigned history = 0; history < 300; ++history) {
      std::vector<std::vector<double>> series;
      for (int cell = 0; cell < 10; ++cell) series.push_back(noise.log_ratios(25, 0));
      bool any = false;
      for (const auto& changes : change_points(series, {.permutations = 399, .seed = history}))
        any |= !changes.empty();
      marked_any += any;
    }
    EXPECT_LE(clopper_pearson(marked_any, 300, 0.999).lower, 0.05) << marked_any;
  }
}

TEST(change_points, of_many_changes_the_false_share_is_as_said_and_most_are_found) {
  block_simulator noise(noise_kind::normal, 0.015, 85);
  double false_share = 0;
  unsigned detected = 0;
  const unsigned histories = 200;
  for (unsigned history = 0; history < histories; ++history) {
    std::vector<std::vector<double>> series;
    for (int cell = 0; cell < 10; ++cell)
      series.push_back(cell < 5 ? levels(noise, {{12, 0.0}, {13, 0.05}}) : noise.log_ratios(25, 0));
    unsigned right = 0, wrong = 0;
    const auto marked = change_points(series, {.permutations = 399, .seed = history});
    for (std::size_t cell = 0; cell < 10; ++cell)
      for (const change_point& change : marked[cell])
        ++(cell < 5 && std::abs(static_cast<int>(change.index) - 12) <= 2 ? right : wrong);
    if (right + wrong > 0) false_share += static_cast<double>(wrong) / (right + wrong) / histories;
    detected += right;
  }
  EXPECT_LE(false_share, 0.08) << "the promised 5 %, and the simulation's own error";
  EXPECT_GE(detected, histories * 5 * 95 / 100);
}

TEST(change_points, lies_at_the_run_where_the_values_jump_even_if_the_last_before_was_the_highest) {
  const std::vector<double> series = {0.001, 0.002, 0,     -0.001, 0.001, -0.008, 0.002, 0.003,
                                      0.005, 0.11,  0.105, 0.107,  0.109, 0.112,  0.111, 0.106};
  const auto marked = change_points({series});
  ASSERT_EQ(marked[0].size(), 1u);
  EXPECT_EQ(marked[0][0].index, 9u);
  EXPECT_NEAR(marked[0][0].shift, 0.108, 0.003);
}

}  // namespace
}  // namespace crossover
