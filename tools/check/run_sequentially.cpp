#include "tools/check/run_sequentially.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>

#include "bench/measure/benchmark_process.hpp"
#include "bench/measure/environment.hpp"
#include "bench/measure/progress.hpp"
#include "bench/results/metrics.hpp"
#include "reports/check/simulation_table.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/statistics/rank_test.hpp"
#include "tools/check/list_benchmarks.hpp"
#include "tools/command_line.hpp"
#include "tools/progress.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

constexpr double rank_test_level = 0.05;
constexpr int repetitions = 10;

struct hits {
  unsigned times = 0, of = 0;
  void count(bool happened) { times += happened, ++of; }
};

/// Counts of changes that the U-test found.
struct sequential_record {
  hits flagged, flagged_run;  ///< benchmarks of identical code, and runs with such a benchmark
  hits found;                 ///< benchmarks with more work that were called slower
};

/// Returns the CPU times of the repetitions of each benchmark in one run of the program.
std::map<std::string, std::vector<double>> run_whole(const std::string& program,
                                                     const string_list& names,
                                                     const std::string& slower) {
  benchmark_process process({.program = program,
                             .names = names,
                             .repetitions = repetitions,
                             .min_time = "0.5",
                             .slower = slower});
  process.run(process.last_stage());
  std::map<std::string, std::vector<double>> times;
  for (const auto& [name, cell] : process.outcomes())
    for (const sample& repetition : cell.samples)
      if (const auto seconds = find_metric("cpu")->extract(cell, repetition))
        times[name].push_back(*seconds);
  return times;
}

void compare_runs(const string_list& programs, const string_list& names, const std::string& slower,
                  sequential_record& record) {
  const auto before = run_whole(programs[0], names, "");
  const auto after = run_whole(programs[1], names, slower);
  bool is_flagged = false;
  for (const std::string& name : names) {
    const std::vector<double>&old_times = before.at(name), &new_times = after.at(name);
    const bool flagged = rank_test_p(old_times, new_times) < rank_test_level;
    if (name == slower) {
      record.found.count(flagged && moments_of(new_times).mean > moments_of(old_times).mean);
      continue;
    }
    record.flagged.count(flagged);
    is_flagged |= flagged;
  }
  record.flagged_run.count(is_flagged);
}

std::string table_of(const sequential_record& record) {
  std::string out = "| what | how often |\n|---|---|\n";
  const auto row = [&](const char* what, const hits& counted) {
    if (counted.of > 0)
      out += fmt::format("| {} | {} of {}: {} |\n", what, counted.times, counted.of,
                         hits_text(counted.times, counted.of));
  };
  row("benchmark of identical code flagged", record.flagged);
  row("comparison with such a benchmark", record.flagged_run);
  row("benchmark with 5 % more work flagged as slower", record.found);
  return out;
}

}  // namespace

int sequential_command(const string_list& arguments) {
  CLI::App app(
      "usage: calibrate sequential OLD NEW [FLAGS]\n"
      "Compare two copies of calibration_benchmarks as compare.py is used: each runs as a whole,\n"
      "with ten repetitions of 0.5 s, and a U-test at 5 % judges. In every second comparison, one\n"
      "benchmark of NEW does 5 % more work.",
      "sequential");
  string_list programs;
  double minutes = 20;
  std::string out = "-";
  app.add_option("PROGRAMS", programs, "OLD NEW")->expected(2)->required();
  add_value(app, "--minutes", "N", minutes, decimal_text(), "minutes to measure (default 20)");
  add_value(app, "--out", "FILE", out, plain_text(), "Markdown table (default: standard output)");
  if (!parse(app, arguments)) return exit_code::ok;
  check_writable(out);
  catch_interrupts();
  const auto listed = list_benchmarks({{{programs[0]}, {programs[1]}}}, name_filter("."), 60);
  string_list names;
  for (const cell_result& cell : listed[0].cells) names.push_back(cell.name);
  sequential_record record;
  progress_line line;
  const auto began = std::chrono::steady_clock::now();
  const auto minutes_since = [&] {
    return std::chrono::duration<double, std::ratio<60>>(std::chrono::steady_clock::now() - began)
        .count();
  };
  int code = exit_code::ok;
  try {
    for (std::size_t number = 0; number == 0 || minutes_since() < minutes; ++number) {
      line.show(
          {number, number + 1, 60 * (minutes - minutes_since()), "OLD, then NEW", "comparisons"});
      compare_runs(programs, names, number % 2 == 0 ? "" : names[number / 2 % names.size()],
                   record);
    }
  } catch (const interrupted&) {
    code = exit_code::interrupted;
  }
  line.clear();
  write_atomically(out, table_of(record));
  return code;
}

}  // namespace crossover
