#include "reports/check/judged_metric.hpp"

#include <gtest/gtest.h>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

TEST(judged_metric, accepts_only_metrics_with_a_better_direction) {
  EXPECT_EQ(judged_metric("p99").id, "p99");
  EXPECT_THROW(judged_metric("cpu_share"), error);
  EXPECT_THROW(judged_metric(""), error);
}

}  // namespace
}  // namespace crossover
