#include "bench/measure/runner.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Returns four cells of two workloads.
std::vector<planned_cell> four_cells() {
  return plan(
      {{{{"noop", {}}, {"hashing", {}}}, {{"event_loop", {}}, {"processes", {}}}, {1}, {2}}},
      read_machine("core:2 pu:1"), {1'000'000, 1'000'000});
}

results unmeasured_results(const std::vector<planned_cell>& cells) {
  results all;
  for (const planned_cell& cell : cells) all.cells.push_back(result_of(cell));
  return all;
}

/// Returns a fixed sample: `operations` in `wall_s` seconds.
measurement fixed_measurement(std::uint64_t operations, double wall_s) {
  measurement m;
  m.result.operations = operations;
  m.result.wall_s = wall_s;
  m.result.cpu_user_s = wall_s / 4;
  m.result.cpu_system_s = wall_s / 4;
  return m;
}

/// Runs the cells; the console table goes to `printed`.
results run(const std::vector<planned_cell>& cells, run_options options,
            const measure_function& measure, std::string* printed = nullptr) {
  results all = unmeasured_results(cells);
  ::testing::internal::CaptureStdout();
  try {
    run_cells(cells, all, options, measure);
  } catch (...) {
    ::testing::internal::GetCapturedStdout();
    throw;
  }
  const std::string table = ::testing::internal::GetCapturedStdout();
  if (printed != nullptr) *printed = table;
  return all;
}

TEST(runner, measures_each_cell_once_per_repetition) {
  std::map<std::string, int> calls;
  const results all = run(four_cells(), {.repetitions = 3}, [&](const planned_cell& cell) {
    return fixed_measurement(1000, 0.5 + 0.25 * calls[cell.name]++);
  });
  EXPECT_EQ(calls.size(), 4U);
  EXPECT_EQ(all.status, results_status::complete);
  std::vector<std::uint64_t> positions;
  for (const cell_result& cell : all.cells) {
    EXPECT_EQ(calls[cell.name], 3);
    EXPECT_EQ(cell.status, cell_status::ok);
    ASSERT_EQ(cell.samples.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_DOUBLE_EQ(cell.samples[i].wall_s, 0.5 + 0.25 * static_cast<double>(i))
          << "samples are in measurement order";
    for (const sample& s : cell.samples) positions.push_back(s.sequence.value());
  }
  std::sort(positions.begin(), positions.end());
  for (std::size_t i = 0; i < positions.size(); ++i)
    EXPECT_EQ(positions[i], i) << "positions are distinct and complete";
}

TEST(runner, repetitions_of_different_cells_are_interleaved) {
  std::vector<std::string> sequence;
  run(four_cells(), {.repetitions = 12}, [&](const planned_cell& cell) {
    sequence.push_back(cell.name);
    return fixed_measurement(1, 1);
  });
  ASSERT_EQ(sequence.size(), 48U);
  int changes = 0;
  for (std::size_t i = 1; i < sequence.size(); ++i)
    changes += sequence[i] != sequence[i - 1] ? 1 : 0;
  // Cell by cell there would be 3 changes; in random order 36 of 47 on average.
  EXPECT_GT(changes, 12);
}

TEST(runner, aggregates_agree_with_the_samples) {
  std::map<std::string, int> calls;
  const results all = run(four_cells(), {.repetitions = 3}, [&](const planned_cell& cell) {
    return fixed_measurement(1000, 1 + calls[cell.name]++);
  });
  std::map<std::string, int> kinds;
  for (const std::string& text : all.aggregates) {
    const json row = json::parse(text);
    ++kinds[row.at("aggregate_name").get<std::string>()];
    EXPECT_EQ(row.at("repetitions"), 3);
    EXPECT_EQ(row.at("name"), row.at("run_name").get<std::string>() + "_" +
                                  row.at("aggregate_name").get<std::string>());
    EXPECT_EQ(row.at("name").get<std::string>().find("manual_time"), std::string::npos);
    if (row["aggregate_name"] == "mean") {
      EXPECT_DOUBLE_EQ(row.at("real_time"), 2e6);
      EXPECT_DOUBLE_EQ(row.at("cpu_time"), 1e6);
      EXPECT_NEAR(row.at("throughput").get<double>(), (1000 + 500 + 1000 / 3.0) / 3, 1e-6);
    } else if (row["aggregate_name"] == "stddev") {
      EXPECT_DOUBLE_EQ(row.at("real_time"), 1e6);
    } else if (row["aggregate_name"] == "cv") {
      EXPECT_DOUBLE_EQ(row.at("real_time"), 0.5);
      EXPECT_FALSE(row.contains("errors")) << "the variation of a mean of 0 is not a number";
    }
  }
  EXPECT_EQ(kinds,
            (std::map<std::string, int>{{"mean", 4}, {"median", 4}, {"stddev", 4}, {"cv", 4}}));
}

TEST(runner, the_table_has_one_row_per_cell_and_no_warning) {
  std::string table;
  run(
      four_cells(), {.repetitions = 3},
      [](const planned_cell&) { return fixed_measurement(1000, 0.001); }, &table);
  for (const planned_cell& cell : four_cells()) {
    const std::size_t first = table.find(cell.name);
    EXPECT_NE(first, std::string::npos) << cell.name;
    EXPECT_EQ(table.find(cell.name, first + 1), std::string::npos) << cell.name;
  }
  EXPECT_EQ(table.find("WARNING"), std::string::npos) << table;
}

TEST(runner, a_failed_cell_is_marked_and_the_run_continues) {
  int calls_of_bad = 0;
  const results all =
      run(four_cells(), {.repetitions = 5}, [&](const planned_cell& cell) -> measurement {
        if (cell.name.starts_with("noop/processes") && ++calls_of_bad == 3)
          throw error(error_kind::failed, "the process was killed by signal 11 (SIGSEGV)");
        return fixed_measurement(1000, 1);
      });
  EXPECT_EQ(calls_of_bad, 3) << "a failed cell is not repeated";
  for (const cell_result& cell : all.cells) {
    const bool bad = cell.name.starts_with("noop/processes");
    EXPECT_EQ(cell.status, bad ? cell_status::failed : cell_status::ok) << cell.name;
    EXPECT_EQ(cell.reason, bad ? "the process was killed by signal 11 (SIGSEGV)" : "");
    EXPECT_EQ(cell.samples.size(), bad ? 2U : 5U);
  }
}

TEST(runner, each_finding_is_kept_once) {
  int call = 0;
  const results all = run({four_cells().front()}, {.repetitions = 3}, [&](const planned_cell&) {
    measurement m = fixed_measurement(1, 1);
    m.findings = {{"steal", std::to_string(++call)}};
    if (call == 2) m.findings.push_back({"errors", "two"});
    return m;
  });
  EXPECT_EQ(all.cells[0].findings, (std::vector<finding>{{"steal", "1"}, {"errors", "two"}}));
}

TEST(runner, skipped_cells_are_kept_but_not_measured) {
  auto cells = four_cells();
  cells[1].skip_reason = "needs 1064 file descriptors";
  int calls = 0;
  const results all = run(cells, {.repetitions = 2},
                          [&](const planned_cell&) { return ++calls, fixed_measurement(1, 1); });
  EXPECT_EQ(calls, 6);
  ASSERT_EQ(all.cells.size(), 4U);
  EXPECT_EQ(all.cells[1].status, cell_status::skipped);
  EXPECT_EQ(all.cells[1].reason, "needs 1064 file descriptors");
}

TEST(runner, no_runnable_cell_reports_the_reason) {
  auto cells = four_cells();
  for (planned_cell& cell : cells) cell.skip_reason = "no reason";
  try {
    run(cells, {}, [](const planned_cell&) { return measurement(); });
    FAIL() << "ran";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    EXPECT_NE(std::string(e.what()).find("is skipped: no reason"), std::string::npos) << e.what();
  }
  EXPECT_THROW(run({}, {}, [](const planned_cell&) { return measurement(); }), error);
}

TEST(runner, the_filter_selects_cells) {
  const results all =
      run(four_cells(), {.repetitions = 2, .benchmark_flags = {"--benchmark_filter=hashing/.*"}},
          [](const planned_cell&) { return fixed_measurement(1, 1); });
  ASSERT_EQ(all.cells.size(), 2U);
  for (const cell_result& cell : all.cells) EXPECT_EQ(cell.workload, "hashing");
  EXPECT_THROW(
      run(four_cells(), {.repetitions = 2, .benchmark_flags = {"--benchmark_filter=no such cell"}},
          [](const planned_cell&) { return measurement(); }),
      error);
}

TEST(runner, the_last_filter_holds_and_a_dash_inverts_it) {
  const results all = run(
      four_cells(),
      {.repetitions = 1,
       .benchmark_flags = {"--benchmark_filter=no such cell", "--benchmark_filter=-hashing|loop"}},
      [](const planned_cell&) { return fixed_measurement(1, 1); });
  ASSERT_EQ(all.cells.size(), 1U);
  EXPECT_EQ(all.cells[0].name, "noop/processes/cores:1/in_flight:2");
}

TEST(runner, a_filter_with_nested_repetition_ends) {
  std::vector<planned_cell> cells = four_cells();
  cells[0].name = std::string(5000, 'a');
  const results all = run(
      cells, {.repetitions = 1, .benchmark_flags = {"--benchmark_filter=(a+)+b|^noop/processes"}},
      [](const planned_cell&) { return fixed_measurement(1, 1); });
  ASSERT_EQ(all.cells.size(), 1U);
  EXPECT_EQ(all.cells[0].name, "noop/processes/cores:1/in_flight:2");
}

TEST(runner, the_environment_can_set_the_filter) {
  ::setenv("BENCHMARK_FILTER", "processes", 1);
  const results all = run(four_cells(), {.repetitions = 1},
                          [](const planned_cell&) { return fixed_measurement(1, 1); });
  ::setenv("BENCHMARK_FILTER", "(", 1);
  EXPECT_THROW(
      run(four_cells(), {.repetitions = 1}, [](const planned_cell&) { return measurement(); }),
      error);
  ::unsetenv("BENCHMARK_FILTER");
  ASSERT_EQ(all.cells.size(), 2U);
  for (const cell_result& cell : all.cells)
    EXPECT_NE(cell.name.find("processes"), std::string::npos);
}

TEST(runner, passes_google_benchmark_flags_and_rejects_others) {
  int calls = 0;
  std::string printed;
  run(
      four_cells(),
      {.repetitions = 5,
       .benchmark_flags = {"--benchmark_repetitions=2", "--benchmark_format=json"}},
      [&](const planned_cell&) { return ++calls, fixed_measurement(1, 1); }, &printed);
  EXPECT_EQ(calls, 8);
  const json document = json::parse(printed, nullptr, false);
  EXPECT_TRUE(document.is_object()) << printed;
  EXPECT_EQ(document["benchmarks"].size(), 4U * (2 + 4));
  try {
    run(four_cells(), {.benchmark_flags = {"--benchmark_fliter=x"}},
        [](const planned_cell&) { return measurement(); });
    FAIL() << "accepted";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    EXPECT_NE(std::string(e.what()).find("--benchmark_fliter"), std::string::npos);
  }
}

TEST(runner, progress_counts_up_to_the_total) {
  std::vector<run_progress> seen;
  run(four_cells(),
      {.repetitions = 2, .progress = [&](const run_progress& now) { seen.push_back(now); }},
      [](const planned_cell&) { return fixed_measurement(1, 1); });
  ASSERT_EQ(seen.size(), 8U);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(seen[i].done, i);
    EXPECT_EQ(seen[i].total, 8U);
    EXPECT_FALSE(seen[i].cell.empty());
    EXPECT_EQ(seen[i].left_s < 0, i == 0) << "unknown before the first repetition";
  }
}

struct runner_file_test : ::testing::Test {
  fs::path file =
      fs::path(::testing::TempDir()) / ("crossover_runner." + std::to_string(::getpid()) + ".json");
  void TearDown() override { fs::remove(file); }
};

TEST_F(runner_file_test, the_file_is_rewritten_after_every_repetition) {
  int calls = 0;
  run(four_cells(), {.repetitions = 3, .out = file}, [&](const planned_cell&) {
    if (calls > 0) {
      std::size_t stored = 0;
      const results so_far = read_results(file);
      EXPECT_EQ(so_far.status, results_status::interrupted)
          << "the file stays valid if the process is killed";
      for (const cell_result& cell : so_far.cells) {
        EXPECT_EQ(cell.status, cell.samples.empty() ? cell_status::skipped : cell_status::ok);
        stored += cell.samples.size();
      }
      EXPECT_EQ(stored, static_cast<std::size_t>(calls));
    }
    ++calls;
    return fixed_measurement(1, 1);
  });
  EXPECT_EQ(calls, 12);
  EXPECT_EQ(read_results(file).aggregates.size(), 16U);
}

TEST_F(runner_file_test, a_write_failure_ends_the_run_and_keeps_the_old_file) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  int calls = 0;
  bool unwritable = false;
  try {
    run(four_cells(), {.repetitions = 3, .out = file}, [&](const planned_cell&) {
      if (++calls == 4) {
        rlimit full = before;
        full.rlim_cur = 100;
        ::setrlimit(RLIMIT_FSIZE, &full);
      }
      return fixed_measurement(1, 1);
    });
  } catch (const error& e) {
    unwritable = e.kind() == error_kind::unwritable;
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(unwritable);
  EXPECT_EQ(calls, 4);
  std::size_t stored = 0;
  for (const cell_result& cell : read_results(file).cells) stored += cell.samples.size();
  EXPECT_EQ(stored, 3U);
}

/// Runs in its own process, since an interrupt cannot be reset.
void run_interrupted(const fs::path& file) {
  catch_interrupts();
  int calls = 0;
  results all = unmeasured_results(four_cells());
  run_cells(four_cells(), all, {.repetitions = 3, .out = file},
            [&](const planned_cell&) -> measurement {
              if (++calls == 10) {
                ::raise(SIGINT);
                throw interrupted();
              }
              return fixed_measurement(1, 1);
            });
  ::_exit(calls == 10 && all.status == results_status::interrupted ? 0 : 1);
}

TEST_F(runner_file_test, an_interrupt_keeps_the_samples_so_far) {
  EXPECT_EXIT(run_interrupted(file), ::testing::ExitedWithCode(0), "");
  const results all = read_results(file);
  EXPECT_EQ(all.status, results_status::interrupted);
  ASSERT_EQ(all.cells.size(), 4U);
  std::size_t stored = 0;
  for (const cell_result& cell : all.cells) {
    stored += cell.samples.size();
    EXPECT_NE(cell.status, cell_status::failed) << "an interrupt is not a failure";
    EXPECT_EQ(cell.reason, cell.samples.empty() ? "not measured: the run was interrupted" : "");
  }
  EXPECT_EQ(stored, 9U);
}

}  // namespace
}  // namespace crossover
