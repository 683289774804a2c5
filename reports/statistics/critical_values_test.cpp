#include "reports/statistics/critical_values.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace crossover {
namespace {

// Values from printed tables of Student's t-distribution.
TEST(student_critical_value, agrees_with_tables) {
  EXPECT_NEAR(student_critical_value(4, 0.025), 2.7764, 1e-4);
  EXPECT_NEAR(student_critical_value(7, 0.025), 2.3646, 1e-4);
  EXPECT_NEAR(student_critical_value(10, 0.005), 3.1693, 1e-4);
  EXPECT_NEAR(student_critical_value(1e9, 0.025), 1.9600, 1e-4);
}

TEST(student_critical_value, rejects_zero_degrees) {
  EXPECT_THROW(student_critical_value(0, 0.025), std::domain_error);
}

TEST(joint_critical_value, divides_the_error_by_the_comparisons) {
  EXPECT_NEAR(joint_critical_value(7, 1, 0.95), 2.3646, 1e-4);
  EXPECT_DOUBLE_EQ(joint_critical_value(7, 4, 0.95), student_critical_value(7, 0.05 / 8));
}

}  // namespace
}  // namespace crossover
