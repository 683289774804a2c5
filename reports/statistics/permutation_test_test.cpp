#include "reports/statistics/permutation_test.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "reports/statistics/binomial.hpp"
#include "reports/statistics/flip_patterns.hpp"

namespace crossover {
namespace {

TEST(permutation_p, matches_hand_computed_values) {
  const std::vector<double> low = {1, 2}, high = {3, 4};
  EXPECT_DOUBLE_EQ(permutation_p(low, high), 1.0 / 6);
  EXPECT_DOUBLE_EQ(permutation_p(high, low), 1);
  const std::vector<double> middle = {1, 4}, other = {2, 3};
  EXPECT_DOUBLE_EQ(permutation_p(middle, other), 4.0 / 6) << "1 + 4 equals 2 + 3";
  EXPECT_DOUBLE_EQ(permutation_p({}, high), 1);
  const std::vector<double> none(4, 0.0);
  EXPECT_DOUBLE_EQ(permutation_p(none, none), 1);
}

TEST(permutation_p, draws_agree_with_enumeration) {
  const std::vector<double> baseline = {0, 0, 0.01, 0, 0, 0.02, 0, 0},
                            candidate = {0.01, 0, 0.02, 0.03, 0, 0.01, 0.01, 0};
  const double exact = permutation_p(baseline, candidate);
  flip_options few;
  few.draws = 9'999;  // of 12,870 choices
  EXPECT_NEAR(permutation_p(baseline, candidate, few), exact, 0.015);
  EXPECT_EQ(permutation_p(baseline, candidate, few), permutation_p(baseline, candidate, few));
}

TEST(permutation_p, keeps_its_level_for_rare_failures) {
  flip_stream stream(3);
  const unsigned trials = 4'000;
  unsigned rejected = 0;
  for (unsigned trial = 0; trial < trials; ++trial) {
    std::vector<double> sides[2];
    for (auto& side : sides)
      for (int i = 0; i < 8; ++i)
        side.push_back(stream.uniform() < 0.3 ? 0.1 * stream.uniform() : 0);
    rejected += permutation_p(sides[0], sides[1]) <= 0.05;
  }
  EXPECT_LE(clopper_pearson(rejected, trials, 0.999).lower, 0.05) << rejected;
}

}  // namespace
}  // namespace crossover
