#include "reports/statistics/regimes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {
namespace {

TEST(unseen_share, matches_the_formula) {
  EXPECT_NEAR(unseen_share(6), 0.393, 0.001);
  EXPECT_NEAR(unseen_share(14), 0.193, 0.001);
  EXPECT_EQ(unseen_share(0), 1);
}

TEST(blocks_to_meet, inverts_unseen_share) {
  for (const double share : {0.05, 0.1, 0.2, 0.5}) {
    const std::size_t blocks = blocks_to_meet(share);
    EXPECT_LE(unseen_share(blocks), share + 1e-9);
    EXPECT_GT(unseen_share(blocks - 1), share);
  }
  EXPECT_EQ(blocks_to_meet(0.1), 29u);
  EXPECT_THROW(blocks_to_meet(0), std::invalid_argument);
  EXPECT_THROW(blocks_to_meet(1), std::invalid_argument);
}

TEST(blocks_to_show, is_enough_for_the_sign_flip_test) {
  // 1 % needs 7 blocks in the regime: 2^-7 < 0.01.
  const std::size_t blocks = blocks_to_show(0.2, 0.01);
  EXPECT_GT(blocks, blocks_to_meet(0.2));
  EXPECT_GT(blocks_to_show(0.2, 0.01, 20), blocks);
  flip_stream stream(5);
  unsigned found = 0;
  for (int trial = 0; trial < 1'000; ++trial) {
    std::vector<double> values;
    for (std::size_t b = 0; b < blocks; ++b) values.push_back(stream.uniform() < 0.2 ? 0.5 : 0);
    found += sign_flip_p(values, 0, {.seed = 1, .draws = 1'999, .enumerate_up_to = 13}) <= 0.01;
  }
  EXPECT_GE(found, 930u);
}

TEST(regimes_in, finds_two_groups_and_counts_the_sides) {
  const std::vector<double> blocks = {0.01,  -0.01, 0.50,   0.0, 0.005, -0.49,
                                      0.002, 0.51,  -0.004, 0.0, 0.003, -0.002};
  const auto found = regimes_in(blocks);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->slower_blocks, 2u);
  EXPECT_EQ(found->faster_blocks, 1u);
  EXPECT_NEAR(found->gap, 0.5, 0.02);
  EXPECT_NEAR(found->near, 0, 0.005);
}

TEST(regimes_in, is_rarely_misled_by_normal_noise) {
  block_simulator noise(noise_kind::normal, 0.015, 8);
  for (const unsigned rounds : {6u, 14u}) {
    unsigned misled = 0;
    for (int trial = 0; trial < 500; ++trial)
      misled += regimes_in(noise.log_ratios(rounds, 0)).has_value();
    EXPECT_LE(misled, 14u) << rounds;
  }
  const std::vector<double> constant(8, 0.1);
  EXPECT_FALSE(regimes_in(constant));
  EXPECT_FALSE(regimes_in(std::vector<double>{0, 0, 0, 9}));
}

TEST(upper_bound, covers_the_mean_if_the_candidate_enters_the_regime_more_often) {
  // Both sides enter a regime that is 20 % slower; the candidate twice as often.
  flip_stream stream(9);
  block_simulator noise(noise_kind::normal, 0.01, 10);
  const double gap = std::log(1.2), mean = 0.2 * gap;
  unsigned judged = 0, missed = 0;
  for (int trial = 0; trial < 2'000; ++trial) {
    std::vector<double> values = noise.log_ratios(8, 0);
    for (double& value : values)
      value += gap * ((stream.uniform() < 0.4 ? 1 : 0) - (stream.uniform() < 0.2 ? 1 : 0));
    const auto found = regimes_in(values);
    if (!found) continue;
    ++judged;
    missed += upper_bound(*found, values.size(), 0.025) < mean;
  }
  EXPECT_GT(judged, 500u);
  EXPECT_LE(missed, judged * 0.025) << judged;
}

}  // namespace
}  // namespace crossover
