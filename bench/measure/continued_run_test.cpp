#include "bench/measure/continued_run.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/measure/contests_for_test.hpp"
#include "bench/measure/findings.hpp"

namespace crossover {
namespace {

/// Returns pass, block and operations of each sample of each cell.
std::vector<std::string> samples_of(const results& all) {
  std::vector<std::string> texts;
  for (const cell_result& cell : all.cells)
    for (const sample& s : cell.samples)
      texts.push_back(fmt::format("{} pass {} block {} sequence {}: {}", cell.name, *s.pass,
                                  *s.block, *s.sequence, s.operations));
  return texts;
}

TEST(continued_run, has_the_blocks_of_one_without_interrupt) {
  const auto planned = [] {
    return contests_for_test(cells_for_test({"event_loop", "processes", "fibers"}, {1, 2, 8}));
  };
  contests_for_test whole = planned();
  whole.run();
  for (int blocks = 1; blocks < 9; ++blocks) {
    contests_for_test first = planned();
    run_and_interrupt(first, blocks);
    EXPECT_EQ(first.all.status, results_status::interrupted);
    contests_for_test rest = planned();
    for (std::size_t i = 0; i < rest.cells.size(); ++i)
      rest.all.cells[i] = continued_cell(rest.cells[i], first.all.cells[i]);
    rest.run();
    EXPECT_EQ(rest.all.status, results_status::complete);
    EXPECT_EQ(samples_of(rest.all), samples_of(whole.all)) << blocks;
    std::vector<std::string> turns = first.arms.turns;
    turns.insert(turns.end(), rest.arms.turns.begin(), rest.arms.turns.end());
    EXPECT_EQ(turns, whole.arms.turns) << "the order within blocks, after " << blocks;
  }
}

TEST(continued_run, the_time_of_earlier_blocks_is_part_of_the_budget) {
  contests_for_test test(cells_for_test({"event_loop", "processes"}, {1, 8}));
  test.options.repetitions = 0;
  test.options.budget_s = 10;
  sample measured;
  measured.operations = 10;
  measured.wall_s = 1;
  measured.block = measured.pass = measured.sequence = 0;
  measured.block_s = 11;
  for (cell_result& cell : test.all.cells)
    if (cell.in_flight == 8U) cell.samples = {measured};
  test.run();
  for (const cell_result& cell : test.all.cells) {
    ASSERT_EQ(cell.samples.size(), 1U) << "every contest has one block: " << cell.name;
    EXPECT_EQ(cell.samples[0].block_s, cell.in_flight == 8U ? 11 : 0);
  }
}

TEST(continued_run, judges_findings_again_and_keeps_failures) {
  const auto cells = cells_for_test({"event_loop", "processes"});
  cell_result earlier = result_of(cells[0]);
  earlier.samples.resize(3);
  for (std::size_t i = 0; i < 3; ++i) {
    earlier.samples[i].operations = i == 0 ? 100 : 1000;
    earlier.samples[i].wall_s = 1;
  }
  earlier.findings = {{"not_idle", "used 50 %"}, {"unstable", "the blocks scatter"}};
  const auto codes = [&](const cell_result& cell) {
    std::vector<std::string> all;
    for (const finding& f : continued_cell(cells[0], cell).findings) all.push_back(f.code);
    return all;
  };
  EXPECT_EQ(codes(earlier), std::vector<std::string>{"not_idle"});
  earlier.status = cell_status::failed;
  earlier.reason = "the process died";
  EXPECT_EQ(continued_cell(cells[0], earlier).reason, "the process died");
  earlier.findings = {{std::string(above_ceiling), "work was skipped"}};
  EXPECT_EQ(continued_cell(cells[0], earlier).status, cell_status::ok);
  EXPECT_EQ(codes(earlier), std::vector<std::string>());
  earlier.samples.clear();
  earlier.findings.clear();
  earlier.status = cell_status::skipped;
  EXPECT_EQ(continued_cell(cells[0], earlier).status, cell_status::ok) << "not measured so far";
}

TEST(continued_run, separates_an_arm_that_does_not_sleep) {
  for (const int blocks : {1, 2}) {
    contests_for_test first(cells_for_test({"event_loop", "processes"}));
    first.arms.idle_cpu["processes"] = 1;
    run_and_interrupt(first, blocks);
    contests_for_test rest(first.cells);
    rest.all.cells = first.all.cells;
    rest.arms.idle_cpu["processes"] = 1;
    rest.run();
    std::set<std::uint64_t> shared;
    const auto one = blocks_of(rest.of("event_loop")), other = blocks_of(rest.of("processes"));
    EXPECT_EQ(one.size(), 3U);
    EXPECT_EQ(other.size(), 3U);
    std::set_intersection(one.begin(), one.end(), other.begin(), other.end(),
                          std::inserter(shared, shared.end()));
    EXPECT_EQ(shared.size(), 2U) << "the first two blocks, interrupted after " << blocks;
  }
}

}  // namespace
}  // namespace crossover
