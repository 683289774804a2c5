#include "reports/statistics/moments.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace crossover {
namespace {

TEST(moments_of, uses_divisor_n_minus_1) {
  const std::array values = {1.0, 2.0, 3.0, 4.0, 5.0};
  const sample_moments moments = moments_of(values);
  EXPECT_EQ(moments.n, 5u);
  EXPECT_DOUBLE_EQ(moments.mean, 3);
  EXPECT_DOUBLE_EQ(moments.standard_deviation, std::sqrt(2.5));
}

TEST(moments_of, one_value_has_no_scatter) {
  const std::array values = {7.0};
  EXPECT_EQ(moments_of(values).mean, 7);
  EXPECT_EQ(moments_of(values).standard_deviation, 0);
}

TEST(moments_of, empty_sample_is_zero) {
  EXPECT_EQ(moments_of({}).n, 0u);
  EXPECT_EQ(moments_of({}).mean, 0);
}

TEST(moments_of, keeps_small_scatter_on_a_large_mean) {
  const std::array values = {1e9 + 1, 1e9 + 2, 1e9 + 3};
  EXPECT_DOUBLE_EQ(moments_of(values).standard_deviation, 1);
}

}  // namespace
}  // namespace crossover
