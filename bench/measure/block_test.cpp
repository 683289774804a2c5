#include "bench/measure/block.hpp"

#include <gtest/gtest.h>

#include "bench/measure/arms_for_test.hpp"

namespace crossover {
namespace {

/// Measures a block of scripted arms.
measured_block measure(const std::vector<planned_cell>& cells, scripted_arms& arms,
                       const block_options& plan, unsigned seed = 1) {
  std::vector<const cell_spec*> all;
  for (const planned_cell& cell : cells) all.push_back(&cell);
  std::mt19937_64 random(seed);
  const arm_factory make = arms.factory();
  return measure_block(contenders_of(all, make), plan, random);
}

TEST(block, arms_take_turns_and_return_in_reverse_order) {
  const auto cells = cells_for_test({"event_loop", "processes", "serial"});
  scripted_arms arms;
  const auto records = measure(cells, arms, {.seconds = 0.04}).arms;
  ASSERT_EQ(records.size(), 3U);
  // Each arm warms up once before the round.
  ASSERT_EQ(arms.turns.size(), 3U + 6);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(arms.turns[3 + i], arms.turns[8 - i]) << "the second half mirrors the first";
  EXPECT_EQ(arms.alive, 0) << "every process has ended";
}

TEST(block, the_order_follows_from_the_seed) {
  const auto cells = cells_for_test({"event_loop", "processes", "serial", "fibers"});
  const auto turns_of = [&](unsigned seed) {
    scripted_arms arms;
    measure(cells, arms, {}, seed);
    return arms.turns;
  };
  EXPECT_EQ(turns_of(7), turns_of(7));
  EXPECT_NE(turns_of(7), turns_of(8));
}

TEST(block, a_sample_is_the_sum_of_its_windows) {
  const auto cells = cells_for_test({"event_loop"});
  scripted_arms arms;
  const auto records = measure(cells, arms, {.seconds = 0.2}).arms;
  const sample& total = records[0].total.value();
  EXPECT_NEAR(total.wall_s, 0.2, 1e-9) << "two rounds of two windows of 50 ms";
  EXPECT_NEAR(static_cast<double>(total.operations) / total.wall_s, 1000, 60);
  EXPECT_EQ(total.peak_rss_bytes, 7'000'000U);
}

TEST(block, an_arm_that_fails_leaves_the_others) {
  const auto cells = cells_for_test({"event_loop", "processes"});
  scripted_arms arms;
  arms.fails["processes"] = 3;
  const auto records = measure(cells, arms, {.seconds = 0.12}).arms;
  EXPECT_TRUE(records[0].total && !records[0].failure);
  EXPECT_FALSE(records[1].total);
  EXPECT_STREQ(records[1].failure->what(), "the process died");
}

TEST(block, an_arm_without_any_operation_runs_longer_slices) {
  const auto cells = cells_for_test({"event_loop", "processes"});
  scripted_arms arms;
  arms.starved["processes"] = 3;
  const auto records = measure(cells, arms, {.seconds = 0.08}).arms;
  EXPECT_NEAR(records[0].total.value().wall_s, 0.08, 1e-9);
  // Two windows of 40 ms, then one of 8 times and one of 64 times as much.
  EXPECT_NEAR(records[1].total.value().wall_s, 0.08 + 0.32 + 2.56, 1e-9);
  EXPECT_EQ(records[1].total->operations, 2560U);

  arms.starved["processes"] = 100;
  const auto hopeless = measure(cells, arms, {.seconds = 0.08}).arms;
  ASSERT_TRUE(hopeless[1].failure);
  EXPECT_STREQ(hopeless[1].failure->what(), "no operation ended in the windows of a block");
}

TEST(block, given_slices_are_not_lengthened) {
  const auto cells = cells_for_test({"event_loop", "processes"});
  scripted_arms arms;
  arms.starved["processes"] = 100;
  const block_options plan{.slice = slice_plan{.seconds = 0.001}, .rounds = 2};
  EXPECT_EQ(measure(cells, arms, plan).turns.size(), 8U);
}

TEST(block, slices_have_four_operations_per_lane) {
  auto cells = cells_for_test({"event_loop"});
  cells[0].in_flight = 100;
  sample warm_up;
  warm_up.operations = 1000;
  warm_up.wall_s = 1;
  EXPECT_DOUBLE_EQ(slice_for(cells[0], warm_up).seconds, 0.4) << "an operation takes 0.1 s";
  warm_up.operations = 1'000'000;
  EXPECT_DOUBLE_EQ(slice_for(cells[0], warm_up).seconds, 0.04) << "never shorter than 40 ms";
}

TEST(block, slices_last_at_least_one_operation) {
  auto cells = cells_for_test({"event_loop"});
  cells[0].workload = "sleep";
  cells[0].parameters["delay"] = "3s";
  cells[0].in_flight = 100;
  sample warm_up;
  warm_up.operations = 100'000;
  warm_up.wall_s = 0.1;
  EXPECT_DOUBLE_EQ(slice_for(cells[0], warm_up).seconds, 3);
}

TEST(block, threads_that_start_during_the_warm_up_make_no_long_slice) {
  auto cells = cells_for_test({"event_loop"});
  cells[0].in_flight = 512;
  sample warm_up;
  warm_up.operations = 1;
  warm_up.wall_s = 0.16;
  EXPECT_DOUBLE_EQ(slice_for(cells[0], warm_up).seconds, 2 * 512 * 0.16) << "no latency known";
  warm_up.latency = latency_distribution{
      .bins = {{9'900'000, 10'000'000, 1}}, .max_ns = 10'000'000, .mean_ns = 10'000'000};
  EXPECT_DOUBLE_EQ(slice_for(cells[0], warm_up).seconds, 1);
}

TEST(block, one_lane_with_long_operations_runs_whole_operations) {
  auto cells = cells_for_test({"event_loop"});
  cells[0].in_flight = 1;
  sample warm_up;
  warm_up.operations = 10;
  warm_up.wall_s = 0.1;
  EXPECT_EQ(slice_for(cells[0], warm_up).operations, 4U);
  warm_up.latency = latency_distribution{
      .bins = {{90'000, 100'000, 9}, {99'000'000, 99'100'000, 1}}, .max_ns = 99'100'000};
  EXPECT_EQ(slice_for(cells[0], warm_up).operations, 0U) << "nine of ten are short";
  warm_up.latency.reset();
  cells[0].rate = 5;
  EXPECT_EQ(slice_for(cells[0], warm_up).operations, 0U) << "an open loop has a window";
  cells[0].rate = 0;
  cells[0].in_flight = 2;
  EXPECT_EQ(slice_for(cells[0], warm_up).operations, 0U) << "the lanes do not end together";
  cells[0].in_flight = 1;
  warm_up.operations = 1000;
  EXPECT_EQ(slice_for(cells[0], warm_up).operations, 0U) << "the start is not negligible";
}

TEST(block, a_thousand_threads_are_warmed_up_in_their_first_block_and_have_one_turn) {
  const auto cells = cells_for_test({"event_loop", "thread_pool"}, {1000});
  scripted_arms arms;
  arms.rates = {{"event_loop", 1e6}, {"thread_pool", 1e6}};
  std::mt19937_64 random(1);
  const arm_factory make = arms.factory();
  std::vector<block_arm> contenders = contenders_of({&cells[0], &cells[1]}, make);
  const std::vector<arm_record> first = measure_block(contenders, {}, random).arms;
  EXPECT_EQ(std::count(arms.turns.begin(), arms.turns.end(), "event_loop"), 1 + 2);
  EXPECT_EQ(std::count(arms.turns.begin(), arms.turns.end(), "thread_pool"), 1 + 1);
  EXPECT_NEAR(first[0].total->wall_s, first[1].total->wall_s, 1e-9);
  EXPECT_FALSE(first[0].slice);
  ASSERT_TRUE(first[1].slice);

  arms.turns.clear();
  contenders[1].slice = first[1].slice;
  const std::vector<arm_record> second = measure_block(contenders, {}, random).arms;
  EXPECT_EQ(std::count(arms.turns.begin(), arms.turns.end(), "event_loop"), 1 + 2);
  EXPECT_EQ(std::count(arms.turns.begin(), arms.turns.end(), "thread_pool"), 1);
  EXPECT_NEAR(second[1].total->wall_s, first[1].total->wall_s, 1e-9);
}

TEST(block, fixed_slices_of_two_arms_are_groups_of_four) {
  const auto cells = cells_for_test({"event_loop", "processes"});
  scripted_arms arms;
  const measured_block block = measure(cells, arms,
                                       {.warm_up_s = 0,
                                        .slice = slice_plan{.seconds = 0.001},
                                        .rounds = 5,
                                        .waits_for_sleep = false,
                                        .starts_together = true});
  ASSERT_EQ(block.turns.size(), 20U);
  for (std::size_t i = 0; i < 20; i += 4) {
    EXPECT_EQ(block.turns[i].arm, block.turns[i + 3].arm);
    EXPECT_EQ(block.turns[i + 1].arm, block.turns[i + 2].arm);
    EXPECT_NE(block.turns[i].arm, block.turns[i + 1].arm);
    EXPECT_EQ(block.turns[i].measured.peak_rss_bytes, 7'000'000U) << "memory of the whole block";
  }
  EXPECT_EQ(arms.most_alive, 2);
}

}  // namespace
}  // namespace crossover
