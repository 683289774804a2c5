#include "reports/statistics/binomial.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace crossover {
namespace {

// Intervals that end at 0 or 1 have a closed form; the others are from R's binom.test, to all
// digits it prints.
TEST(clopper_pearson, known_intervals) {
  const auto expect = [](unsigned hits, unsigned trials, double lower, double upper) {
    const counted_share interval = clopper_pearson(hits, trials);
    EXPECT_NEAR(interval.lower, lower, 5e-7) << hits << " of " << trials;
    EXPECT_NEAR(interval.upper, upper, 5e-7) << hits << " of " << trials;
    EXPECT_DOUBLE_EQ(interval.share, static_cast<double>(hits) / trials);
  };
  expect(0, 100, 0, 1 - std::pow(0.025, 0.01));
  expect(100, 100, std::pow(0.025, 0.01), 1);
  expect(0, 1, 0, 0.975);
  expect(1, 1, 0.025, 1);
  expect(1, 2, 1 - std::sqrt(0.975), std::sqrt(0.975));
  expect(5, 10, 0.1870860, 0.8129140);
  expect(1, 10, 0.002528579, 0.4450161);
  expect(1, 100, 0.0002531460, 0.05445939);
}

TEST(clopper_pearson, the_interval_covers_at_its_confidence_and_no_trials_say_nothing) {
  EXPECT_EQ(clopper_pearson(0, 0).lower, 0);
  EXPECT_EQ(clopper_pearson(0, 0).upper, 1);
  EXPECT_GT(clopper_pearson(3, 50, 0.99).upper, clopper_pearson(3, 50, 0.95).upper);
  EXPECT_LT(clopper_pearson(3, 50, 0.99).lower, clopper_pearson(3, 50, 0.95).lower);
}

}  // namespace
}  // namespace crossover
