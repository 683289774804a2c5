#include "reports/statistics/step_down.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reports/statistics/binomial.hpp"
#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {
namespace {

std::vector<block> aligned(const std::vector<double>& values, std::uint64_t first_round = 0) {
  std::vector<block> blocks;
  for (const double v : values) blocks.push_back({v, first_round++});
  return blocks;
}

TEST(step_down, one_cell_equals_the_sign_flip_test) {
  block_simulator noise(noise_kind::heavy_tailed, 0.02, 21);
  for (unsigned n = 2; n <= 12; ++n) {
    const std::vector<double> values = noise.log_ratios(n, 0.01);
    const std::vector<tested_cell> cells{{aligned(values), 0.005}};
    EXPECT_DOUBLE_EQ(step_down_p(cells)[0], sign_flip_p(values, 0.005)) << n;
  }
}

TEST(step_down, two_cells_match_enumeration) {
  // Common flips over three rounds. With equal numbers of blocks the statistic ranks as sum /
  // sqrt(sum of squares) does.
  const std::vector<double> a{3, 2, 4}, b{1, -1, 2};
  const std::vector<tested_cell> cells{{aligned(a), 0}, {aligned(b), 0}};
  const auto r = [](const std::vector<double>& v, unsigned pattern) {
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < 3; ++i) {
      sum += (pattern >> i & 1) ? -v[i] : v[i];
      squares += v[i] * v[i];
    }
    return sum / std::sqrt(squares);
  };
  int greatest = 0, second = 0;
  for (unsigned pattern = 0; pattern < 8; ++pattern) {
    greatest += std::max(r(a, pattern), r(b, pattern)) >= r(a, 0) - 1e-9;
    second += r(b, pattern) >= r(b, 0) - 1e-9;
  }
  ASSERT_GT(r(a, 0), r(b, 0));
  const std::vector<double> p = step_down_p(cells);
  EXPECT_DOUBLE_EQ(p[0], greatest / 8.0);
  EXPECT_DOUBLE_EQ(p[1], std::max(greatest, second) / 8.0);
}

TEST(step_down, independent_rounds_multiply_the_patterns) {
  // Two cells of four blocks, all above the null: flipping all of them is one of 16 patterns if the
  // rounds are shared, one of 256 if they are not.
  const std::vector<double> a{1, 1, 1, 1};
  const std::vector<tested_cell> together{{aligned(a), 0}, {aligned(a), 0}};
  const std::vector<tested_cell> apart{{aligned(a), 0}, {aligned(a, 100), 0}};
  EXPECT_DOUBLE_EQ(step_down_p(together)[0], 1.0 / 16);
  EXPECT_DOUBLE_EQ(step_down_p(apart)[0], 31.0 / 256);
}

TEST(step_down, ignores_the_order_of_cells) {
  block_simulator noise(noise_kind::normal, 0.01, 22);
  const auto data = noise.blocks(11, {0.0, 0.02, 0.04});
  const std::vector<tested_cell> cells{{data[0], 0}, {data[1], 0}, {data[2], 0}};
  const std::vector<tested_cell> turned{{data[2], 0}, {data[1], 0}, {data[0], 0}};
  const std::vector<double> p = step_down_p(cells), q = step_down_p(turned);
  EXPECT_EQ(p[0], q[2]);
  EXPECT_EQ(p[1], q[1]);
  EXPECT_EQ(p[2], q[0]);
}

TEST(step_down, ranks_cells_with_different_block_counts) {
  // A cell of 7 blocks and one of 40 must not mask each other.
  const std::vector<tested_cell> cells{
      {aligned({.05, .05, .04, .05, .05, .06, .05, .05, .04, .05}), 0},
      {block_simulator(noise_kind::normal, 0.01, 23).blocks(40, {0.0})[0], 0},
      {block_simulator(noise_kind::normal, 0.01, 24).blocks(40, {0.02})[0], 0}};
  const std::vector<double> p = step_down_p(cells);
  EXPECT_LE(p[0], 0.01);
  EXPECT_GT(p[1], 0.05);
  EXPECT_LE(p[2], 0.01);
}

TEST(step_down, handles_degenerate_cells) {
  const std::vector<tested_cell> cells{{{}, 0},
                                       {aligned({0, 0, 0, 0, 0, 0, 0, 0}), 0},
                                       {aligned({.05, .05, .05, .05, .05, .05, .05, .05}), 0}};
  const std::vector<double> p = step_down_p(cells);
  EXPECT_EQ(p[0], 1);
  EXPECT_EQ(p[1], 1);
  EXPECT_LE(p[2], 1.0 / 128);
  EXPECT_TRUE(step_down_p({}).empty());
}

TEST(step_down, keeps_the_family_wise_level) {
  for (const noise_kind kind :
       {noise_kind::heavy_tailed, noise_kind::bimodal, noise_kind::autocorrelated})
    for (const bool in_rounds : {true, false}) {
      if (kind == noise_kind::autocorrelated && !in_rounds)
        continue;  // noise shared within a round requires the round numbers
      block_simulator noise(kind, 0.015, 25);
      unsigned alarms = 0;
      for (int draw = 0; draw < 2'000; ++draw) {
        auto data = noise.blocks(10, {0.0, 0.0, 0.0});
        std::vector<tested_cell> cells;
        for (std::size_t c = 0; c < data.size(); ++c) {
          if (!in_rounds)
            for (block& b : data[c]) b.round += 1000 * c;
          cells.push_back({data[c], 0});
        }
        const std::vector<double> p = step_down_p(
            cells, {.seed = static_cast<std::uint64_t>(draw), .draws = 399, .enumerate_up_to = 10});
        alarms += *std::min_element(p.begin(), p.end()) <= 0.05;
      }
      const counted_share share = clopper_pearson(alarms, 2'000, 0.999);
      EXPECT_LE(share.lower, 0.05)
          << "noise " << static_cast<int>(kind) << (in_rounds ? " aligned" : " apart");
      EXPECT_GE(share.upper, 0.03) << "the test must also reject";
    }
}

}  // namespace
}  // namespace crossover
