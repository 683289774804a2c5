#include "reports/statistics/simulated_contests.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "reports/statistics/autocorrelation.hpp"
#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

constexpr contest_noise noises[] = {contest_noise::normal,    contest_noise::common_drift,
                                    contest_noise::own_drift, contest_noise::heavy_tailed,
                                    contest_noise::bimodal,   contest_noise::slow_regime};

std::vector<double> differences(const std::vector<block_values>& models, std::size_t first,
                                std::size_t second) {
  std::vector<double> values;
  for (std::size_t b = 0; b < models[first].size(); ++b)
    values.push_back(*models[first][b] - *models[second][b]);
  return values;
}

TEST(contest_simulator, paired_differences_have_the_requested_scatter_and_mean) {
  for (const contest_noise noise : noises) {
    const auto models = contest_simulator(5).draw({{0.1, 0}, noise, 0.04}, 100'000);
    const sample_moments moments = moments_of(differences(models, 0, 1));
    EXPECT_NEAR(moments.mean, 0.1, 0.002) << static_cast<int>(noise);
    // The sample variance of t(3) has no finite variance, so the band is wider.
    EXPECT_NEAR(moments.standard_deviation, 0.04, 0.004) << static_cast<int>(noise);
  }
}

TEST(contest_simulator, drifts_are_autocorrelated_and_common_drift_cancels) {
  const auto own = contest_simulator(5).draw({{0, 0}, contest_noise::own_drift, 0.04}, 100'000);
  EXPECT_NEAR(lag_one_autocorrelation(differences(own, 0, 1)), 0.3, 0.02);
  const auto common =
      contest_simulator(5).draw({{0, 0}, contest_noise::common_drift, 0.04}, 100'000);
  EXPECT_NEAR(lag_one_autocorrelation(differences(common, 0, 1)), 0, 0.02);
  std::vector<double> alone;
  for (const auto& value : common[0]) alone.push_back(*value);
  EXPECT_GT(lag_one_autocorrelation(alone), 0.2);
}

TEST(contest_simulator, rare_regime_keeps_the_mean) {
  const auto models =
      contest_simulator(5).draw({{0, 0}, contest_noise::rare_regime, 0.01}, 100'000);
  EXPECT_NEAR(moments_of(differences(models, 0, 1)).mean, 0, 0.001);
}

TEST(simulate, same_seed_gives_same_counts) {
  const simulated_contest contest{{0, 0, -0.1}, contest_noise::normal, 0.02};
  const simulation_counts once = simulate(contest, {}, 50, 9);
  const simulation_counts again = simulate(contest, {}, 50, 9);
  EXPECT_EQ(once.blocks, again.blocks);
  EXPECT_EQ(once.covered, again.covered);
  EXPECT_EQ(once.contests, 50u);
}

// Smaller than the table in docs/method.md, with room for chance: 1,000 contests, so 93 % is three
// standard errors below 95 %.
TEST(simulate, promises_hold_for_every_noise_with_the_stopping_rule_on) {
  const std::vector<double> beyond_the_margin = {0, -0.0515, -0.0515, -0.0515, -0.0515};
  const std::vector<double> two_best = {0, 0, -0.1, -0.3, -0.5};
  stopping_rule rule;
  rule.most_blocks = 32;
  for (const contest_noise noise : noises)
    for (const auto& truth : {beyond_the_margin, two_best}) {
      const simulation_counts counts = simulate({truth, noise, 0.03}, rule, 1000, 23);
      EXPECT_GE(counts.covered, 930u) << static_cast<int>(noise);
      EXPECT_LE(counts.wrong_best, 70u) << static_cast<int>(noise);
      EXPECT_LE(counts.wrong_equivalent, 70u) << static_cast<int>(noise);
    }
}

TEST(contest_simulator, hosts_differ_by_the_requested_scatter) {
  const simulated_contest contest{
      .truth = {0.1, 0}, .scatter = 0.01, .hosts = 20'000, .host_scatter = 0.04};
  const sample_moments moments =
      moments_of(differences(contest_simulator(5).draw(contest, 20'000), 0, 1));
  EXPECT_NEAR(moments.mean, 0.1, 0.002);
  EXPECT_NEAR(moments.standard_deviation, std::hypot(0.01, 0.04), 0.002);
}

TEST(contest_simulator, unequal_hosts_share_one_block_of_four) {
  const simulated_contest contest{.truth = {0, 0}, .hosts = 3, .unequal = true};
  EXPECT_EQ(hosts_of(contest, 8), (block_hosts{0, 0, 0, 1, 0, 0, 0, 2}));
}

// Smaller than the table in docs/method.md, as above.
TEST(simulate, promises_hold_over_hosts_that_were_not_measured) {
  stopping_rule rule;
  rule.most_blocks = 32;
  for (const std::size_t hosts : {2, 3, 10, 50})
    for (const double between : {0.0, 0.05})
      for (const contest_noise noise : {contest_noise::normal, contest_noise::slow_regime}) {
        const simulated_contest contest{.truth = {0, 0, -0.0515},
                                        .noise = noise,
                                        .scatter = 0.02,
                                        .hosts = hosts,
                                        .host_scatter = between,
                                        .unequal = hosts == 3};
        const simulation_counts counts = simulate(contest, rule, 1000, 23);
        EXPECT_GE(counts.covered, 930u) << hosts << ' ' << between;
        EXPECT_LE(counts.wrong_best, 70u) << hosts << ' ' << between;
        EXPECT_LE(counts.wrong_equivalent, 70u) << hosts << ' ' << between;
      }
}

TEST(simulate, clear_contest_is_decided) {
  const simulation_counts counts = simulate({{0, -0.1}, contest_noise::normal, 0.02}, {}, 200, 4);
  EXPECT_EQ(counts.decided, 200u);
  EXPECT_EQ(counts.wrong_best, 0u);
}

TEST(simulate_reference, interval_covers_the_ratio_for_every_noise) {
  stopping_rule rule;
  rule.most_blocks = 32;
  for (const contest_noise noise : noises)
    for (const std::size_t models : {1, 2, 5}) {
      const simulated_contest equal{std::vector<double>(models + 1), noise, 0.03};
      const reference_counts counts = simulate_reference(equal, rule, 1000, 23);
      EXPECT_EQ(counts.contests, 1000u);
      EXPECT_GE(counts.covered, 930u) << static_cast<int>(noise) << ", " << models;
    }
}

TEST(ratio_to_reference, pooled_autocorrelation_narrows_few_blocks) {
  contest_simulator simulator(7);
  double pooled = 0;
  double from_one_pair = 0;
  for (int contest = 0; contest < 200; ++contest) {
    std::vector<block_values> models =
        simulator.draw({std::vector<double>(6), contest_noise::normal, 0.03}, 8);
    const block_values reference = models.back();
    models.pop_back();
    const auto found = ratio_to_reference(models, 0, reference);
    pooled += std::log(*found->upper / found->lower) / 2;
    from_one_pair += *half_widths(6, {}).of(*paired_differences({models[0], reference}).at(0, 1));
  }
  EXPECT_LT(pooled, 0.5 * from_one_pair);
}

}  // namespace
}  // namespace crossover
