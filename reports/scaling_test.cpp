#include "reports/scaling.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace crossover {
namespace {

struct law_of {
  double rate, contention, coherency;
  double operator()(double n) const {
    return rate * n / (1 + contention * (n - 1) + coherency * n * (n - 1));
  }
  double peak() const { return std::sqrt((1 - contention) / coherency); }
};

std::vector<scaling_point> draw_points(const law_of& law, int most_cores, double noise_share,
                                       std::mt19937_64& random) {
  std::normal_distribution<double> noise(0, noise_share);
  std::vector<scaling_point> points;
  for (int cores = 1; cores <= most_cores; cores *= 2)
    for (int repetition = 0; repetition < 5; ++repetition)
      points.push_back({static_cast<double>(cores), law(cores) * std::exp(noise(random))});
  return points;
}

bool covers(const interval& estimate, double truth) {
  return estimate.lower && estimate.upper && *estimate.lower <= truth && truth <= *estimate.upper;
}

TEST(scaling_fit, recovers_parameters_without_noise) {
  std::mt19937_64 random(1);
  const law_of law{1000, 0.05, 0.001};
  const auto fit = fit_scaling(scaling_law::usl, draw_points(law, 64, 0, random));
  ASSERT_EQ(fit.missing, "");
  EXPECT_NEAR(fit.rate.mean, 1000, 1e-6);
  EXPECT_NEAR(fit.contention.mean, 0.05, 1e-9);
  EXPECT_NEAR(fit.coherency->mean, 0.001, 1e-9);
  EXPECT_NEAR(fit.peak_cores->mean, law.peak(), 1e-6);
}

class interval_coverage : public ::testing::TestWithParam<int> {};

TEST_P(interval_coverage, of_usl_parameters_in_1000_draws) {
  std::mt19937_64 random(20260115 + static_cast<unsigned>(GetParam()));
  const law_of law{52'000, 0.03, 0.0004};
  int rate = 0;
  int contention = 0;
  int coherency = 0;
  int peak = 0;
  for (int draw = 0; draw < 1000; ++draw) {
    const auto fit = fit_scaling(scaling_law::usl, draw_points(law, GetParam(), 0.03, random));
    ASSERT_EQ(fit.missing, "");
    rate += covers(fit.rate, law.rate);
    contention += covers(fit.contention, law.contention);
    coherency += covers(*fit.coherency, law.coherency);
    peak += fit.peak_cores && covers(*fit.peak_cores, law.peak());
  }
  EXPECT_GE(rate, 930);
  EXPECT_GE(contention, 930);
  EXPECT_GE(coherency, 930);
  EXPECT_GE(peak, 930);
}

TEST_P(interval_coverage, of_amdahl_parameters_in_1000_draws) {
  std::mt19937_64 random(7 + static_cast<unsigned>(GetParam()));
  const law_of law{8'000, 0.04, 0};
  int rate = 0;
  int contention = 0;
  for (int draw = 0; draw < 1000; ++draw) {
    const auto fit = fit_scaling(scaling_law::amdahl, draw_points(law, GetParam(), 0.03, random));
    ASSERT_EQ(fit.missing, "");
    rate += covers(fit.rate, law.rate);
    contention += covers(fit.contention, law.contention);
  }
  EXPECT_GE(rate, 930);
  EXPECT_GE(contention, 930);
}

INSTANTIATE_TEST_SUITE_P(cores, interval_coverage, ::testing::Values(64, 128));

TEST(scaling_fit, has_no_peak_if_coherency_may_be_zero) {
  std::mt19937_64 random(5);
  int claimed = 0;
  for (int draw = 0; draw < 1000; ++draw)
    claimed += fit_scaling(scaling_law::usl, draw_points({1000, 0.02, 0}, 64, 0.03, random))
                   .peak_cores.has_value();
  EXPECT_LE(claimed, 40);  // 2.5 % are expected: one side of a 95 % interval
}

TEST(scaling_fit, reports_missing_points) {
  std::mt19937_64 random(3);
  const law_of law{1000, 0.05, 0.001};
  EXPECT_EQ(fit_scaling(scaling_law::usl, draw_points(law, 4, 0.01, random)).missing,
            "needs 4 core counts, has 3");
  EXPECT_EQ(fit_scaling(scaling_law::amdahl, draw_points(law, 2, 0.01, random)).missing,
            "needs 3 core counts, has 2");
  const std::vector<scaling_point> single = {{1, 10}, {2, 19}, {4, 35}};
  EXPECT_EQ(fit_scaling(scaling_law::amdahl, single).missing, "needs 4 blocks, has 3");
  EXPECT_EQ(fit_scaling(scaling_law::amdahl, {}).missing, "needs 3 core counts, has 0");
}

}  // namespace
}  // namespace crossover
