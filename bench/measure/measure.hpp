#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/measure/plan.hpp"
#include "bench/measure/servers.hpp"
#include "bench/results/results.hpp"
#include "bench/results/trace.hpp"

namespace crossover {

/// One repetition of a cell: its sample and its findings.
struct measurement {
  sample result;
  std::vector<finding> findings;
  /// Reported by the cell process, for example a language's version.
  std::map<std::string, std::string> environment;
};

/// Measures one repetition of a cell. It is a parameter of the runner, so that tests can supply
/// fixed samples. Throws `error` if the cell failed, and `interrupted`.
using measure_function = std::function<measurement(const planned_cell& cell)>;

/// Options for measuring cells in processes.
struct measure_options {
  std::string program;                ///< path of this executable
  std::string cells;                  ///< directory of cells in other languages
  std::vector<std::string> launcher;  ///< prefix of the cell's command line
  double seconds = 0.2;
  double warm_up_s = 0.05;
  double grace_s = 20;  ///< extra time before a late cell is killed
  std::uint64_t seed = 1;
};

/// Returns a function that measures in a fresh cell process: prepare, warm-up run (its sample is
/// discarded), one run, finish. `servers` must outlive the function.
measure_function measure_in_fresh_process(measure_options options, machine computer,
                                          server_pool& servers);

/// Runs a cell once in a fresh process and returns its sample and trace. `operations_per_s`: the
/// cell's known throughput; the run is long enough for a few operations per lane and short enough
/// to draw. Throws `error`: unsupported if the kernel or the cell records no trace, resource if the
/// cell is too large to trace.
std::pair<sample, run_trace> trace_in_fresh_process(const measure_options& options,
                                                    const machine& computer, server_pool& servers,
                                                    const planned_cell& cell,
                                                    double operations_per_s);

/// Share of its CPUs above which a server limits its cell.
inline constexpr double server_bound_share = 0.9;

/// Returns the findings of a single sample: `server_bound` (the server used over 90 % of its CPUs),
/// `steal` (over 2 %), `behind_schedule` (under 98 % of the rate), `littles_law` (concurrency and
/// throughput × mean latency differ by over 10 %), `errors`.
std::vector<finding> findings_of(const planned_cell& cell, const sample& result);

/// Fails cells whose throughput is impossible, so that work must have been skipped: in all samples
/// above the arithmetic ceiling, or above `cores` times the best one-core rate of the same work by
/// more than noise.
void judge_ceilings(results& all);

}  // namespace crossover
