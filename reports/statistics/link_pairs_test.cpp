#include "reports/statistics/link_pairs.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "reports/statistics/binomial.hpp"
#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {
namespace {

constexpr flip_options flips = {.seed = 1, .draws = 1'999, .enumerate_up_to = 12};

/// Blocks of pairs whose layouts scatter by `between`; the pairs alternate.
std::vector<block> draw_pairs(block_simulator& noise, std::size_t pairs, std::size_t blocks,
                              double between, double within) {
  std::vector<double> layouts;
  for (std::size_t pair = 0; pair < pairs; ++pair) layouts.push_back(between * noise.normal());
  std::vector<block> drawn;
  for (std::size_t b = 0; b < blocks; ++b)
    drawn.push_back({layouts[b % pairs] + within * noise.normal(), b % pairs});
  return drawn;
}

std::vector<double> log_ratios_of(const std::vector<block>& blocks) {
  std::vector<double> values;
  for (const block& b : blocks) values.push_back(b.log_ratio);
  return values;
}

TEST(means_of_rounds, averages_the_blocks_of_each_pair) {
  const std::vector<block> blocks = {{0.1, 3}, {0.4, 1}, {0.3, 3}};
  const std::vector<block> means = means_of_rounds(blocks);
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means[0].round, 1u);
  EXPECT_DOUBLE_EQ(means[0].log_ratio, 0.4);
  EXPECT_EQ(means[1].round, 3u);
  EXPECT_DOUBLE_EQ(means[1].log_ratio, 0.2);
  EXPECT_TRUE(means_of_rounds({}).empty());
}

TEST(means_of_rounds, keeps_the_level_where_single_blocks_do_not) {
  // Identical code, layouts that move the result by 5 %, eight pairs, 48 blocks.
  block_simulator noise(noise_kind::normal, 1, 21);
  unsigned by_pair = 0, by_block = 0;
  const unsigned trials = 1'000;
  for (unsigned trial = 0; trial < trials; ++trial) {
    const std::vector<block> blocks = draw_pairs(noise, 8, 48, 0.05, 0.01);
    by_pair += sign_flip_p(log_ratios_of(means_of_rounds(blocks)), 0, flips) <= 0.01;
    std::vector<double> single;
    for (const block& b : blocks) single.push_back(b.log_ratio);
    by_block += sign_flip_p(single, 0, flips) <= 0.01;
  }
  EXPECT_LE(clopper_pearson(by_pair, trials, 0.999).lower, 0.01) << by_pair;
  EXPECT_GT(by_block, trials / 10) << "layout does not vary between blocks";
}

TEST(means_of_rounds, finds_a_slowdown_beyond_the_layout) {
  block_simulator noise(noise_kind::normal, 1, 22);
  unsigned found = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<block> blocks = draw_pairs(noise, 16, 32, 0.01, 0.01);
    for (block& b : blocks) b.log_ratio += std::log(1.05);
    found += sign_flip_p(log_ratios_of(means_of_rounds(blocks)), std::log(1.01), flips) <= 0.01;
  }
  EXPECT_GE(found, 285);
}

TEST(scatter_of, separates_the_two_levels) {
  block_simulator noise(noise_kind::normal, 1, 23);
  double between = 0, within = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const link_scatter scatter = scatter_of(draw_pairs(noise, 16, 70, 0.03, 0.02), 0);
    between += std::pow(scatter.between_pairs, 2) / 200;
    within += std::pow(scatter.within_pair, 2) / 200;
  }
  EXPECT_NEAR(std::sqrt(between), 0.03, 0.002);
  EXPECT_NEAR(std::sqrt(within), 0.02, 0.001);
  EXPECT_EQ(scatter_of({}, 0).within_pair, 0);
}

TEST(layout_dominates, is_seldom_called_if_only_blocks_scatter) {
  block_simulator noise(noise_kind::normal, 1, 24);
  const auto block_with_rare_regimes = [&] {
    const double regime = noise.normal();
    return 0.01 * noise.normal() + (regime > 2 ? 0.4 : regime < -2 ? -0.4 : 0);
  };
  int called = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<block> blocks;
    bool ever = false;
    for (std::size_t round = 0; round < 8; ++round) {
      for (std::uint64_t pair = 0; pair < 10; ++pair)
        blocks.push_back({block_with_rare_regimes(), pair});
      ever = ever || layout_dominates(blocks, 0);
    }
    called += ever ? 1 : 0;
  }
  EXPECT_LE(called, 15);
}

TEST(layout_dominates, is_called_if_layouts_scatter_more) {
  block_simulator noise(noise_kind::normal, 1, 25);
  int called = 0;
  for (int trial = 0; trial < 100; ++trial)
    called += layout_dominates(draw_pairs(noise, 10, 40, 0.04, 0.02), 0) ? 1 : 0;
  EXPECT_GE(called, 80);
  EXPECT_FALSE(layout_dominates({}, 0));
}

TEST(scatter_of, is_unchanged_when_a_pair_is_flipped_about_the_null) {
  block_simulator noise(noise_kind::normal, 1, 24);
  std::vector<block> blocks = draw_pairs(noise, 8, 20, 0.03, 0.02);
  const link_scatter before = scatter_of(blocks, 0.01);
  for (block& b : blocks)
    if (b.round == 3) b.log_ratio = 0.02 - b.log_ratio;
  const link_scatter after = scatter_of(blocks, 0.01);
  EXPECT_NEAR(after.between_pairs, before.between_pairs, 1e-12);
  EXPECT_NEAR(after.within_pair, before.within_pair, 1e-12);
}

}  // namespace
}  // namespace crossover
