#include "reports/statistics/rank_test.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "reports/statistics/flip_patterns.hpp"

namespace crossover {
namespace {

double two_sided(double z) { return std::erfc(z / std::sqrt(2.0)); }

TEST(rank_test, applies_tie_and_continuity_corrections) {
  const std::vector<double> low = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                            high = {11, 12, 13, 14, 15, 16, 17, 18, 19};
  // U = 0 against 40.5 with variance 9 * 9 * 19 / 12.
  EXPECT_NEAR(rank_test_p(low, high), two_sided(40 / std::sqrt(128.25)), 1e-12);
  EXPECT_NEAR(rank_test_p(high, low), rank_test_p(low, high), 1e-15);
  // One value tied across the sides: ranks 1, 2.5, 2.5, 4; U = 0.5 against 2; variance 4 / 12 * (5
  // - 6 / 12).
  EXPECT_NEAR(rank_test_p(std::vector<double>{1, 2}, std::vector<double>{2, 3}),
              two_sided(1 / std::sqrt(1.5)), 1e-12);
}

TEST(rank_test, equal_or_missing_values_give_p_of_one) {
  const std::vector<double> same = {1, 1, 1};
  EXPECT_EQ(rank_test_p(same, same), 1);
  EXPECT_EQ(rank_test_p({}, same), 1);
}

TEST(rank_test, keeps_its_level_on_independent_values) {
  flip_stream stream(5);
  int flagged = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    std::vector<double> a, b;
    for (int i = 0; i < 12; ++i) a.push_back(stream.uniform()), b.push_back(stream.uniform());
    flagged += rank_test_p(a, b) < 0.05;
  }
  EXPECT_NEAR(flagged / 4000.0, 0.05, 0.012);
}

}  // namespace
}  // namespace crossover
