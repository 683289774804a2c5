#include "bench/measure/contest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/measure/contest_plan.hpp"
#include "bench/measure/contests_for_test.hpp"

namespace crossover {
namespace {

TEST(contests, cells_that_differ_in_the_model_share_their_blocks) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}, {1, 8}));
  test.run();
  ASSERT_EQ(test.all.cells.size(), 4U);
  for (const cell_result& cell : test.all.cells) EXPECT_EQ(cell.samples.size(), 3U) << cell.name;
  const auto same = [&](std::size_t i, std::size_t j) {
    return blocks_of(test.all.cells[i]) == blocks_of(test.all.cells[j]);
  };
  EXPECT_TRUE(same(0, 2)) << "event_loop and processes with one in flight";
  EXPECT_TRUE(same(1, 3));
  EXPECT_FALSE(same(0, 1)) << "contests have blocks of their own";
}

TEST(contests, take_turns) {
  contests_for_test test(cells_for_test({"event_loop"}, {1, 2, 3, 4}));
  test.run();
  // Every contest has one block in each of the three sweeps.
  for (const cell_result& cell : test.all.cells) {
    const auto blocks = blocks_of(cell);
    std::set<std::uint64_t> sweeps;
    for (const std::uint64_t block : blocks) sweeps.insert(block / 4);
    EXPECT_EQ(sweeps, (std::set<std::uint64_t>{0, 1, 2})) << cell.name;
  }
}

TEST(contests, end_when_they_are_settled) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}, {1, 8}));
  test.options.repetitions = 0;
  test.options.is_settled = [](const results& all, const std::vector<std::size_t>& cells) {
    return all.cells[cells[0]].samples.size() >= (all.cells[cells[0]].in_flight == 1U ? 2 : 5);
  };
  test.run();
  for (const cell_result& cell : test.all.cells)
    EXPECT_EQ(cell.samples.size(), cell.in_flight == 1U ? 2U : 5U);
}

TEST(contests, end_after_the_blocks_of_their_plan) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}, {1, 8}));
  test.options.repetitions = 0;
  test.options.is_settled = [](const results& all, const std::vector<std::size_t>& cells) {
    return all.cells[cells[0]].samples.size() >= 5;
  };
  for (planned_cell& cell : test.cells) cell.blocks = cell.in_flight == 1U ? 2 : 0;
  test.run();
  for (const cell_result& cell : test.all.cells)
    EXPECT_EQ(cell.samples.size(), cell.in_flight == 1U ? 2U : 5U);
}

TEST(contests, are_shown_once_with_their_own_cells) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}, {1, 8}));
  test.options.repetitions = 0;
  test.options.budget_s = 10;
  test.options.block.seconds = 0.02;
  test.options.is_settled = [](const results& all, const std::vector<std::size_t>& cells) {
    return all.cells[cells[0]].in_flight == 8U;
  };
  bool is_running = true;
  std::vector<std::string> ends;
  test.options.save = [&] {
    test.options.budget_s = test.all.cells[0].samples.size() < 3 ? 10 : 0;
  };
  test.options.show_contest = [&](const results& of_contest) {
    is_running = test.options.budget_s > 0;
    ASSERT_EQ(of_contest.cells.size(), 2U);
    ends.push_back(fmt::format("{} in flight, {} blocks, {}", *of_contest.cells[0].in_flight,
                               of_contest.cells[1].samples.size(),
                               is_running ? "running" : "at the end"));
  };
  test.run();
  EXPECT_EQ(ends, (std::vector<std::string>{"8 in flight, 1 blocks, running",
                                            "1 in flight, 3 blocks, at the end"}));
}

TEST(contests, parts_of_a_contest_are_shown_together) {
  contests_for_test test(cells_for_test({"event_loop", "thread_pool", "reference"}, {1000}));
  std::vector<std::size_t> ends;
  test.options.show_contest = [&](const results& of_contest) {
    ends.push_back(of_contest.cells.size());
  };
  test.run();
  EXPECT_EQ(ends, std::vector<std::size_t>{3}) << "reference is in both parts";
}

TEST(contests, are_shown_when_decided_and_measured_on) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}));
  test.options.repetitions = 12;
  test.options.is_decided = [](const results& of_contest) {
    return of_contest.cells[0].samples.size() >= 10;
  };
  std::vector<std::size_t> shown;
  test.options.show_contest = [&](const results& of_contest) {
    shown.push_back(of_contest.cells[0].samples.size());
  };
  test.run();
  EXPECT_EQ(shown, std::vector<std::size_t>{10});
  EXPECT_EQ(test.all.cells[0].samples.size(), 12U);
}

TEST(contests, long_blocks_miss_turns) {
  contests_for_test test(cells_for_test({"event_loop"}, {1, 8, 16}));
  test.options.repetitions = 0;
  test.options.budget_s = 10;
  test.arms.slice_time[8] = std::chrono::milliseconds(60);
  test.options.save = [&] {
    if (test.all.cells[1].samples.size() == 8) test.options.budget_s = 0;
  };
  test.run();
  EXPECT_EQ(test.all.cells[1].in_flight, 8U);
  EXPECT_GT(test.all.cells[0].samples.size(), 8U);
  EXPECT_GT(test.all.cells[2].samples.size(), 8U);
}

TEST(contests, a_used_up_budget_ends_the_run_after_one_block_each) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}, {1, 8}));
  test.options.repetitions = 0;
  test.options.budget_s = 10;
  test.options.block.seconds = 0.02;
  int saves = 0;
  test.options.save = [&] {
    if (++saves == 2) test.options.budget_s = 0;
  };
  test.run();
  EXPECT_EQ(test.all.status, results_status::complete);
  for (const cell_result& cell : test.all.cells) EXPECT_EQ(cell.samples.size(), 1U) << cell.name;
}

TEST(contests, a_budget_below_one_block_each_is_rejected_with_the_minimum) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}, {1, 8}));
  test.options.repetitions = 0;
  test.options.budget_s = 0.1;
  try {
    test.run();
    FAIL() << "ran";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    EXPECT_NE(std::string(e.what()).find("one block of each of the 2 contests takes about 1 s"),
              std::string::npos)
        << e.what();
  }
}

TEST(contests, a_model_that_dies_is_retried_once) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}));
  test.arms.fails["processes"] = 1;
  test.run();
  EXPECT_EQ(test.of("event_loop").samples.size(), 3U) << "the blocks of the others stay";
  EXPECT_EQ(test.of("processes").status, cell_status::failed);
  EXPECT_EQ(test.of("processes").reason, "the process died");
  EXPECT_EQ(std::count(test.arms.turns.begin(), test.arms.turns.end(), "processes"), 2);
}

TEST(contests, a_successful_retry_loses_only_the_failed_block) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}));
  int starts = 0;
  const arm_factory inner = test.arms.factory();
  const arm_factory flaky = [&](const cell_spec& cell) -> std::unique_ptr<arm> {
    if (cell.model == "processes" && ++starts == 1)
      throw error(error_kind::failed, "no port is free");
    return inner(cell);
  };
  test.run_with(flaky);
  EXPECT_EQ(test.of("processes").status, cell_status::ok);
  EXPECT_EQ(test.of("processes").reason, "");
  EXPECT_EQ(test.of("processes").samples.size(), 3U);
}

TEST(contests, a_cell_that_only_failed_has_failed) {
  contests_for_test test(cells_for_test({"processes"}));
  test.options.repetitions = 0;
  test.options.is_settled = [](const results&, const std::vector<std::size_t>&) { return true; };
  test.arms.fails["processes"] = 1;
  test.run();
  EXPECT_EQ(test.of("processes").status, cell_status::failed);
  EXPECT_EQ(test.of("processes").reason, "the process died");
}

TEST(contests, an_arm_that_does_not_sleep_is_measured_separately) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}));
  test.arms.idle_cpu["processes"] = 1;  // one second of CPU time per reading
  test.run();
  ASSERT_EQ(test.of("processes").findings.size(), 1U);
  EXPECT_EQ(test.of("processes").findings[0].code, "not_idle");
  std::set<std::uint64_t> shared;
  const auto one = blocks_of(test.of("event_loop")), other = blocks_of(test.of("processes"));
  std::set_intersection(one.begin(), one.end(), other.begin(), other.end(),
                        std::inserter(shared, shared.end()));
  EXPECT_EQ(shared.size(), 2U) << "only the first two blocks";
}

TEST(contests, cpu_time_between_turns_that_cannot_be_read_is_absent) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}));
  test.arms.idle_cpu["processes"] = std::nullopt;
  test.run();
  EXPECT_TRUE(test.of("processes").findings.empty());
  EXPECT_FALSE(test.of("processes").samples.at(0).idle_cpu_s.has_value());
  EXPECT_DOUBLE_EQ(test.of("event_loop").samples.at(0).idle_cpu_s.value(), 0);
}

TEST(contests, many_workers_are_measured_separately_with_reference) {
  auto cells = cells_for_test({"event_loop", "thread_pool", "processes", "reference"}, {2048});
  const auto contests = plan_contests(cells);
  ASSERT_EQ(contests.size(), 3U);
  EXPECT_EQ(contests[0].cells, (std::vector<std::size_t>{0, 3}));
  EXPECT_EQ(contests[1].cells, (std::vector<std::size_t>{3, 1}));
  EXPECT_EQ(contests[2].cells, (std::vector<std::size_t>{3, 2}));
  EXPECT_EQ(cells[1].findings.at(0).code, "split");
}

TEST(contests, a_model_that_equals_another_on_one_core_is_skipped_there) {
  auto cells = cells_for_test({"event_loop", "shared_loop", "processes"});
  const auto contests = plan_contests(cells);
  ASSERT_EQ(contests.size(), 1U);
  EXPECT_EQ(contests[0].cells, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(cells[1].skip_reason, "on one core it is event_loop");
  auto alone = cells_for_test({"shared_loop", "processes"});
  EXPECT_EQ(plan_contests(alone)[0].cells.size(), 2U) << "measured if event_loop is not";
}

TEST(contests, no_runnable_cell_reports_the_reason) {
  auto cells = cells_for_test({"event_loop"});
  cells[0].skip_reason = "no reason";
  contests_for_test test(cells);
  EXPECT_THROW(test.run(), error);
  contests_for_test none({});
  EXPECT_THROW(none.run(), error);
}

TEST(contests, the_seed_fixes_every_order) {
  const auto turns_of = [](std::uint64_t seed) {
    contests_for_test test(cells_for_test({"event_loop", "processes", "fibers"}, {1, 2, 8}));
    test.options.seed = seed;
    test.run();
    return test.arms.turns;
  };
  EXPECT_EQ(turns_of(7), turns_of(7));
  EXPECT_NE(turns_of(7), turns_of(8));
}

TEST(contests, arms_that_all_do_not_sleep_are_measured_separately) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}));
  test.arms.idle_cpu = {{"event_loop", 1}, {"processes", 1}};
  test.run();
  EXPECT_EQ(test.of("event_loop").samples.size(), 3U);
  EXPECT_EQ(test.of("processes").samples.size(), 3U);
}

TEST(contests, an_interrupt_keeps_the_blocks_so_far) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}));
  run_and_interrupt(test, 2);
  EXPECT_EQ(test.all.status, results_status::interrupted);
  EXPECT_EQ(test.of("event_loop").samples.size(), 2U);
}

}  // namespace
}  // namespace crossover
