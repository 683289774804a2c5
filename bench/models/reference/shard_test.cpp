#include "bench/models/reference/shard.hpp"

#include <gtest/gtest.h>

namespace crossover {
namespace {

std::vector<std::size_t> lanes_begun(shard_lanes& lanes) {
  std::vector<std::size_t> begun;
  lanes.begin_due([&](std::size_t j) { begun.push_back(j); });
  return begun;
}

constexpr std::int64_t hour_ns = 3'600'000'000'000;

TEST(shard_lanes, a_shard_has_every_k_th_lane) {
  run_control control;
  shard_lanes lanes(control, 1, 3, 8);
  ASSERT_EQ(lanes.size(), 3U);
  EXPECT_EQ(lanes.number(0), 1U);
  EXPECT_EQ(lanes.number(2), 7U);
}

TEST(shard_lanes, begin_when_they_are_due) {
  run_control control;
  control.start_ns = now_ns() - 3 * hour_ns;
  control.stagger_ns = 8 * hour_ns;
  shard_lanes lanes(control, 0, 1, 4);
  for (int run = 0; run < 2; ++run) {
    lanes.restart();
    EXPECT_EQ(lanes_begun(lanes), (std::vector<std::size_t>{0, 1})) << "due after 0 and 2 hours";
    EXPECT_TRUE(lanes_begun(lanes).empty());
    EXPECT_FALSE(lanes.all_begun());
    EXPECT_EQ(lanes.next_begin_ns(), control.start_ns + 4 * hour_ns);
    EXPECT_GT(lanes.time_to_next()->tv_sec, 0);
  }
}

TEST(shard_lanes, all_begin_at_once_without_a_stagger) {
  run_control control;
  control.start_ns = now_ns();
  shard_lanes lanes(control, 0, 1, 3);
  EXPECT_EQ(lanes_begun(lanes).size(), 3U);
  EXPECT_TRUE(lanes.all_begun());
  EXPECT_FALSE(lanes.time_to_next());
}

TEST(shard_lanes, a_lane_without_a_share_of_the_operations_does_not_begin) {
  run_control control;
  control.operations = 2;
  shard_lanes lanes(control, 0, 1, 3);
  EXPECT_EQ(lanes_begun(lanes), (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(lanes.all_begun());
}

}  // namespace
}  // namespace crossover
