#include "tools/check/benchmark_blocks.hpp"

#include <gtest/gtest.h>

#include "reports/check/judged_metric.hpp"

namespace crossover {
namespace {

/// Returns repetitions of 10 iterations with these CPU times; the real time is a multiple of it.
cell_result repetitions(const std::vector<double>& cpu_s, double real_per_cpu = 1) {
  cell_result cell;
  cell.name = "a";
  for (const double cpu : cpu_s) {
    sample& repetition = cell.samples.emplace_back();
    repetition.operations = 10;
    repetition.cpu_user_s = cpu;
    repetition.wall_s = real_per_cpu * cpu;
  }
  return cell;
}

TEST(benchmark_blocks, name_shows_what_cannot_be_frozen) {
  for (const char* name : {"a", "a/8", "a/threads:1", "a/threads:1/x", "real_time", "a/repeats:10"})
    EXPECT_EQ(unsuited_name(name), "") << name;
  EXPECT_EQ(unsuited_name("a/8/real_time"), "real time");
  EXPECT_EQ(unsuited_name("a/manual_time/threads:2"), "manual time");
  EXPECT_EQ(unsuited_name("a/process_time"), "CPU time of all threads");
  EXPECT_EQ(unsuited_name("a/threads:16"), "several threads");
  EXPECT_EQ(unsuited_name("a/repeats:1"), "one repetition");
}

TEST(benchmark_blocks, benchmark_waits_if_no_repetition_uses_the_cpu_all_the_time) {
  EXPECT_EQ(unsuited_outcome(repetitions({1, 1}, 1.1)), "");
  EXPECT_EQ(unsuited_outcome(repetitions({1, 1}, 2)), "waits");
  cell_result preempted_twice = repetitions({1, 1, 1}, 2);
  preempted_twice.samples.back().wall_s = 1;
  EXPECT_EQ(unsuited_outcome(preempted_twice), "");
  EXPECT_EQ(unsuited_outcome(repetitions({1})), "one repetition");
}

TEST(benchmark_blocks, search_ended_early_if_real_time_ended_it) {
  EXPECT_TRUE(search_ended_early(repetitions({0.0001}, 200), 0.003));
  EXPECT_FALSE(search_ended_early(repetitions({0.004}, 10), 0.003)) << "frozen, but long enough";
  EXPECT_FALSE(search_ended_early(repetitions({0.0001}), 0.003)) << "a number of iterations is set";
}

TEST(benchmark_blocks, run_that_sets_up_gets_a_longer_minimum_time) {
  EXPECT_DOUBLE_EQ(min_time_after_set_up(repetitions({0.005, 2e-6, 2e-6}), 0.003), 0.048);
  EXPECT_DOUBLE_EQ(min_time_after_set_up(repetitions({9, 2e-6}), 0.003), 0.5) << "the default";
  EXPECT_DOUBLE_EQ(min_time_after_set_up(repetitions({9, 2e-6}), 0.5), 0.5);
  EXPECT_DOUBLE_EQ(min_time_after_set_up(repetitions({0.005, 2e-6, 0.004}), 0.003), 0.003);
  EXPECT_DOUBLE_EQ(min_time_after_set_up(repetitions({0.002, 2e-6}), 0.003), 0.003);
}

TEST(benchmark_blocks, slices_of_turns_are_cpu_times_paired_by_number) {
  const cell_result old_side = repetitions({1, 2, 3}, 50), new_side = repetitions({4, 5, 6, 7});
  const auto slices = slices_of_turns({&old_side, &new_side}, 1, judged_metric("time"));
  ASSERT_EQ(slices.size(), 4u) << "groups of four are whole";
  const double figures[] = {0.4, 0.1, 0.2, 0.5};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_DOUBLE_EQ(slices[i].figure, figures[i]);
    EXPECT_EQ(slices[i].which, i == 0 || i == 3 ? side::candidate : side::baseline);
  }
}

TEST(benchmark_blocks, slices_of_processes_are_medians_of_halves_by_real_time) {
  const cell_result old_side = repetitions({3, 9, 1, 4, 8, 5}, 2), new_side = repetitions({7, 6});
  const auto slices = slices_of_processes({&old_side, &new_side}, 1, judged_metric("time"));
  ASSERT_EQ(slices.size(), 4u);
  const double figures[] = {0.7, 0.6, 1.0, 0.6};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_DOUBLE_EQ(slices[i].figure, figures[i]);
    EXPECT_EQ(slices[i].which, i == 0 || i == 3 ? side::candidate : side::baseline);
  }
  EXPECT_DOUBLE_EQ(
      slices_of_processes({&old_side, &new_side}, 0, judged_metric("cpu")).front().figure, 0.3);
}

TEST(benchmark_blocks, failures_are_those_of_the_side_that_failed) {
  std::array<benchmark_outcomes, 2> sides;
  pair_block block;
  sides[0]["a"] = repetitions({1, 1});
  EXPECT_FALSE(take_failures("a", sides, block)) << "the candidate did not reach it";
  sides[1]["a"].status = cell_status::failed;
  sides[1]["a"].reason = "broken";
  EXPECT_TRUE(take_failures("a", sides, block));
  EXPECT_EQ(block.failures[0], "");
  EXPECT_EQ(block.failures[1], "broken");
}

TEST(benchmark_blocks, slow_start_gives_longer_blocks) {
  EXPECT_EQ(best_repetitions(0.001, 1), 4);
  EXPECT_EQ(best_repetitions(1, 0.025), 20);
  EXPECT_EQ(best_repetitions(100, 0.001), 60);
}

}  // namespace
}  // namespace crossover
