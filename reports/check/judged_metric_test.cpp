#include "reports/check/judged_metric.hpp"

#include <gtest/gtest.h>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

TEST(worse_log_ratio, follows_the_better_direction) {
  EXPECT_DOUBLE_EQ(worse_log_ratio(0.1, *find_metric("time")), 0.1);
  EXPECT_DOUBLE_EQ(worse_log_ratio(0.1, *find_metric("throughput")), -0.1);
  EXPECT_THROW(worse_log_ratio(0.1, *find_metric("cpu_share")), error);
}

TEST(judged_metric, accepts_only_metrics_with_a_better_direction) {
  EXPECT_EQ(judged_metric("p99").id, "p99");
  EXPECT_THROW(judged_metric("cpu_share"), error);
  EXPECT_THROW(judged_metric(""), error);
}

}  // namespace
}  // namespace crossover
