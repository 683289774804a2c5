#include "reports/statistics/slice_quantities.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Groups ABBA with these figures in turn for the baseline and for the candidate.
std::vector<slice> abba(const std::vector<double>& baseline, const std::vector<double>& candidate) {
  std::vector<slice> slices;
  for (std::size_t i = 0; i + 1 < baseline.size(); i += 2) {
    slices.push_back({side::baseline, baseline[i]});
    slices.push_back({side::candidate, candidate[i]});
    slices.push_back({side::candidate, candidate[i + 1]});
    slices.push_back({side::baseline, baseline[i + 1]});
  }
  return slices;
}

std::vector<slice> exchanged(std::vector<slice> slices) {
  for (slice& s : slices) s.which = s.which == side::baseline ? side::candidate : side::baseline;
  return slices;
}

TEST(total_log_ratio, counts_rare_slow_slices_in_full) {
  const std::vector<double> steady(20, 1.0);
  std::vector<double> stalling = steady;
  stalling[7] = 5;
  const auto slices = abba(steady, stalling);
  EXPECT_NEAR(total_log_ratio(slices), std::log(24.0 / 20), 1e-12);
  EXPECT_NEAR(block_log_ratio(slices), 0, 1e-12) << "the location ignores it";
  EXPECT_NEAR(total_log_ratio(exchanged(slices)), -std::log(24.0 / 20), 1e-12);
}

TEST(slow_shares, compare_each_side_with_its_own_location) {
  std::vector<double> steady(20, 1.0), slower(20, 1.8);
  slower[3] = slower[4] = 4;
  const side_shares shares = slow_shares(abba(steady, slower));
  EXPECT_EQ(shares.baseline, 0);
  EXPECT_EQ(shares.candidate, 0.1);
  const side_shares other = slow_shares(exchanged(abba(steady, slower)));
  EXPECT_EQ(other.baseline, 0.1);
  EXPECT_EQ(other.candidate, 0);
}

TEST(slice_quantities, reject_a_side_without_slices) {
  const std::vector<slice> one_sided = {{side::baseline, 1.0}};
  EXPECT_THROW(total_log_ratio(one_sided), error);
  EXPECT_THROW(slow_shares(one_sided), error);
  EXPECT_THROW(total_log_ratio(abba({0, 0}, {1, 1})), error);
}

}  // namespace
}  // namespace crossover
