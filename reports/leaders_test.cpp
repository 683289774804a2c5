#include "reports/leaders.hpp"

#include <gtest/gtest.h>

namespace crossover {
namespace {

/// A contest of two models, `a` and `b`, led by one of them.
contest led_by(const std::string& leader, std::uint32_t cores, std::uint32_t in_flight) {
  contest c;
  c.workload = "network";
  c.cores = cores;
  c.in_flight = in_flight;
  c.verdict = contest_verdict::best;
  for (const std::string name : {"a", "b"}) {
    contender model;
    model.model = name;
    model.shown = name == leader ? model_class::best : model_class::slower;
    c.models.push_back(model);
  }
  return c;
}

contest mixed_led_by(const std::string& leader, const std::string& cpu, const std::string& wait) {
  contest c = led_by(leader, 1, 64);
  c.parameters = {{"cpu", cpu}, {"wait", wait}};
  return c;
}

std::vector<leader_series> series_along(leader_axis axis, const std::vector<contest>& contests) {
  std::vector<leader_series> found;
  for (leader_series& series : leaders_along_axes(contests))
    if (series.along == axis) found.push_back(std::move(series));
  return found;
}

TEST(leaders, change_along_in_flight_at_fixed_cores) {
  const auto series = series_along(leader_axis::in_flight, {led_by("b", 1, 64), led_by("a", 1, 1),
                                                            led_by("b", 1, 8), led_by("a", 2, 1)});
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].contests, (std::vector<std::size_t>{1, 2, 0})) << "ascending";
  ASSERT_EQ(series[0].found.crossings.size(), 1u);
  EXPECT_EQ(series[0].found.crossings[0].after, 1);
  EXPECT_EQ(series[0].found.crossings[0].before, 8);
  EXPECT_EQ(series[0].models[series[0].found.ranges.back().leaders.front()], "b");
}

TEST(leaders, change_along_cores_up_to_128) {
  std::vector<contest> contests;
  for (const std::uint32_t cores : {1, 2, 4, 8, 16, 32, 64, 128})
    contests.push_back(led_by(cores < 16 ? "a" : "b", cores, 4096));
  const auto series = series_along(leader_axis::cores, contests);
  ASSERT_EQ(series.size(), 1u);
  ASSERT_EQ(series[0].found.crossings.size(), 1u);
  EXPECT_EQ(series[0].found.crossings[0].after, 8);
  EXPECT_EQ(series[0].found.crossings[0].before, 16);
  EXPECT_EQ(series[0].found.ranges.back().to, 128);
}

TEST(leaders, change_along_the_cpu_share) {
  const auto series = series_along(
      leader_axis::cpu_share, {mixed_led_by("a", "10us", "990us"), mixed_led_by("b", "1ms", "1ms"),
                               mixed_led_by("b", "1ms", "0")});
  ASSERT_EQ(series.size(), 1u);
  ASSERT_EQ(series[0].found.crossings.size(), 1u);
  EXPECT_DOUBLE_EQ(series[0].found.crossings[0].after, 0.01);
  EXPECT_DOUBLE_EQ(series[0].found.crossings[0].before, 0.5);
}

TEST(leaders, equal_cpu_shares_are_separated_by_cpu_time) {
  const auto series =
      series_along(leader_axis::cpu_share,
                   {mixed_led_by("a", "1ms", "1ms"), mixed_led_by("b", "1ms", "9ms"),
                    mixed_led_by("b", "10ms", "10ms"), mixed_led_by("b", "10ms", "90ms")});
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].found.crossings.size(), 1u);
  EXPECT_TRUE(series[1].found.crossings.empty());
}

TEST(leaders, contest_without_ranks_decides_nothing) {
  std::vector<contest> contests = {led_by("a", 1, 1), led_by("a", 1, 8), led_by("b", 1, 64)};
  contests[1].verdict = contest_verdict::capped;
  for (contender& model : contests[1].models) model.shown.reset();
  const auto series = series_along(leader_axis::in_flight, contests);
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].found.undecided, 1u);
  EXPECT_EQ(series[0].found.crossings.at(0).after, 1);
  EXPECT_EQ(series[0].found.crossings.at(0).before, 64);
}

TEST(leaders, share_of_operations_without_cpu_and_wait_is_unknown) {
  EXPECT_FALSE(cpu_share_of(led_by("a", 1, 1)));
  EXPECT_FALSE(cpu_share_of(mixed_led_by("a", "0", "0")));
  EXPECT_FALSE(cpu_share_of(mixed_led_by("a", "much", "1ms")));
}

}  // namespace
}  // namespace crossover
