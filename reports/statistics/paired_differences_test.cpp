#include "reports/statistics/paired_differences.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <random>
#include <stdexcept>

namespace crossover {
namespace {

constexpr std::nullopt_t no_value = std::nullopt;

TEST(paired_differences, cancel_noise_that_blocks_share) {
  const std::vector<block_values> models = {{5.0, 9.0, 2.0, 7.0}, {4.0, 8.0, 1.0, 6.0}};
  const auto& difference = paired_differences(models).at(0, 1);
  ASSERT_TRUE(difference);
  EXPECT_DOUBLE_EQ(difference->mean, 1);
  EXPECT_DOUBLE_EQ(difference->standard_error, 0);
  EXPECT_EQ(difference->blocks, 4u);
}

TEST(paired_differences, mirror_image_has_the_opposite_mean) {
  const std::vector<block_values> models = {{1.0, 2.0, 3.5}, {0.0, 0.5, 0.0}};
  const difference_table table = paired_differences(models);
  EXPECT_DOUBLE_EQ(table.at(1, 0)->mean, -table.at(0, 1)->mean);
  EXPECT_DOUBLE_EQ(table.at(1, 0)->standard_error, table.at(0, 1)->standard_error);
  EXPECT_FALSE(table.at(0, 0));
}

TEST(paired_differences, standard_error_is_never_below_that_of_independent_blocks) {
  // Differences 1 3 2 2: s = sqrt(2 / 3).
  const std::vector<block_values> models = {{1.0, 3.0, 2.0, 2.0}, {0.0, 0.0, 0.0, 0.0}};
  EXPECT_GE(paired_differences(models).at(0, 1)->standard_error, std::sqrt(2.0 / 3 / 4));
}

TEST(paired_differences, trend_widens_the_standard_error) {
  block_values rising;
  block_values scattered;
  const block_values flat(12, 0.0);
  for (int b = 0; b < 12; ++b) {
    rising.push_back(b);
    scattered.push_back((b * 5) % 12);  // the same values in another order
  }
  const auto trend = paired_differences({rising, flat}).at(0, 1);
  const auto no_trend = paired_differences({scattered, flat}).at(0, 1);
  EXPECT_DOUBLE_EQ(trend->mean, no_trend->mean);
  EXPECT_GT(trend->standard_error, 1.5 * no_trend->standard_error);
  EXPECT_LT(trend->degrees, no_trend->degrees);
}

TEST(paired_differences, autocorrelation_of_the_run_narrows_a_contest_of_few_blocks) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  const auto draw = [&] {
    block_values values;
    for (int b = 0; b < 9; ++b) values.push_back(normal(random));
    return values;
  };
  autocorrelation_estimate run;
  for (int c = 0; c < 15; ++c) run.add(autocorrelation_of({draw(), draw()}));
  EXPECT_DOUBLE_EQ(run.information, 15 * 9);
  // Differences that rise and fall once in nine blocks: by themselves highly autocorrelated.
  const std::vector<block_values> waves = {{0.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, 0.0},
                                           block_values(9, 0.0)};
  const std::vector<block_values> noise = {draw(), draw()};
  // The degrees of freedom depend only on the autocorrelation and the number of blocks.
  const auto degrees = [](const std::vector<block_values>& models,
                          const autocorrelation_estimate& of_run) {
    return paired_differences(models, {}, of_run).at(0, 1)->degrees;
  };
  EXPECT_GT(degrees(noise, run), 2 * degrees(noise, {}));
  EXPECT_LT(degrees(waves, run), degrees(noise, run)) << "the contest keeps what the run lacks";
  EXPECT_GT(degrees(waves, run), degrees(waves, {}));
}

TEST(paired_differences, absent_model_does_not_affect_the_others) {
  const std::vector<block_values> models = {
      {1.0, 2.0, 3.0, 4.0}, {1.0, 2.0, 3.0, 4.0}, {0.0, no_value, 2.0, no_value}};
  const difference_table table = paired_differences(models);
  EXPECT_EQ(table.at(0, 1)->blocks, 4u);
  EXPECT_EQ(table.at(0, 2)->blocks, 2u);
  EXPECT_DOUBLE_EQ(table.at(0, 2)->mean, 1);
}

TEST(paired_differences, models_that_share_no_blocks_have_none) {
  const std::vector<block_values> models = {{1.0, 2.0, no_value, no_value},
                                            {no_value, no_value, 1.0, 2.0}};
  EXPECT_FALSE(paired_differences(models).at(0, 1));
}

TEST(paired_differences, parts_of_a_split_contest_meet_at_the_anchor) {
  // Means 0.3 and 0.1 above the anchor, whose level differs between the parts.
  const std::vector<block_values> models = {{1.2, 1.4, 1.3, no_value, no_value, no_value},
                                            {no_value, no_value, no_value, 5.2, 5.0, 5.1}};
  const block_values anchor = {1.0, 1.0, 1.0, 5.0, 5.0, 5.0};
  const auto& difference = paired_differences(models, anchor).at(0, 1);
  ASSERT_TRUE(difference);
  EXPECT_NEAR(difference->mean, 0.2, 1e-12);
  EXPECT_EQ(difference->blocks, 3u);
  EXPECT_GE(difference->standard_error, std::sqrt(2 * 0.01 / 3) - 1e-12);
}

TEST(paired_differences, one_host_gives_the_same_figures_as_no_hosts) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<block_values> models(3);
  for (block_values& model : models)
    for (int b = 0; b < 9; ++b) model.push_back(normal(random));
  models[2][4].reset();
  const block_values anchor(9, 1.0);
  const autocorrelation_estimate run = autocorrelation_of(models, anchor);
  const difference_table without = paired_differences(models, anchor, run);
  for (const std::uint32_t host : {0u, 5u}) {
    const block_hosts hosts(9, host);
    EXPECT_EQ(autocorrelation_of(models, anchor, hosts).weighted_sum, run.weighted_sum);
    EXPECT_EQ(autocorrelation_of(models, anchor, hosts).information, run.information);
    const difference_table with = paired_differences(models, anchor, run, hosts);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        ASSERT_EQ(with.at(i, j).has_value(), without.at(i, j).has_value());
        if (i == j) continue;
        EXPECT_EQ(with.at(i, j)->mean, without.at(i, j)->mean);
        EXPECT_EQ(with.at(i, j)->standard_error, without.at(i, j)->standard_error);
        EXPECT_EQ(with.at(i, j)->degrees, without.at(i, j)->degrees);
      }
  }
}

TEST(paired_differences, hosts_have_the_same_weight_whatever_their_blocks) {
  // Host 0: 1, 1, 1, 1; host 1: 3.
  const std::vector<block_values> models = {{1.0, 1.0, 3.0, 1.0, 1.0}, block_values(5, 0.0)};
  const auto difference = paired_differences(models, {}, {}, {0, 0, 1, 0, 0}).at(0, 1);
  ASSERT_TRUE(difference);
  EXPECT_DOUBLE_EQ(difference->mean, 2);
  EXPECT_DOUBLE_EQ(difference->degrees, 1);
  EXPECT_EQ(difference->hosts, 2u);
  EXPECT_EQ(difference->blocks, 5u);
  // The s.d. of the means 1 and 3 is sqrt(2), so that of their mean is 1.
  EXPECT_GE(difference->standard_error, 1);
  EXPECT_DOUBLE_EQ(difference->host_variance, std::pow(difference->standard_error, 2));
}

TEST(paired_differences, hosts_with_equal_means_keep_the_scatter_of_their_blocks) {
  const std::vector<block_values> models = {{1.0, 3.0, 2.0, 2.0, 3.0, 1.0, 2.0, 2.0},
                                            block_values(8, 0.0)};
  const auto of_one = paired_differences(models).at(0, 1);
  const auto of_two = paired_differences(models, {}, {}, {0, 0, 0, 0, 1, 1, 1, 1}).at(0, 1);
  EXPECT_DOUBLE_EQ(of_two->mean, 2);
  EXPECT_GE(of_two->standard_error, std::sqrt(4.0 / 7 / 8)) << "of eight independent blocks";
  EXPECT_LT(of_two->degrees, of_one->degrees);
  EXPECT_DOUBLE_EQ(of_two->host_variance, 0);
}

TEST(paired_differences, difference_between_hosts_is_not_autocorrelation) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  block_values first, second;
  block_hosts hosts;
  for (std::uint32_t b = 0; b < 400; ++b) {
    hosts.push_back(b / 200);
    first.push_back(normal(random) + 10.0 * hosts.back());
    second.push_back(normal(random));
  }
  const auto mean = [](const autocorrelation_estimate& of) {
    return of.weighted_sum / of.information;
  };
  EXPECT_GT(mean(autocorrelation_of({first, second})), 0.8);
  EXPECT_LT(std::abs(mean(autocorrelation_of({first, second}, {}, hosts))), 0.3);
}

TEST(paired_differences, pair_on_one_of_several_hosts_has_none) {
  const std::vector<block_values> models = {
      {1.0, 2.0, 1.5, 2.5}, {0.0, 0.1, 0.0, 0.2}, {0.5, 0.5, no_value, no_value}};
  const difference_table table = paired_differences(models, {}, {}, {0, 0, 1, 1});
  EXPECT_TRUE(table.at(0, 1));
  EXPECT_FALSE(table.at(0, 2));
  EXPECT_THROW(paired_differences(models, {}, {}, {0, 0}), std::invalid_argument);
}

TEST(paired_differences, series_of_different_lengths_are_rejected) {
  EXPECT_THROW(paired_differences({{1.0, 2.0}, {1.0}}), std::invalid_argument);
  EXPECT_THROW(paired_differences({{1.0, 2.0}, {1.0, 2.0}}, {1.0}), std::invalid_argument);
}

}  // namespace
}  // namespace crossover
