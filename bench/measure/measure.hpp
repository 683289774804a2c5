#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/measure/plan.hpp"
#include "bench/measure/servers.hpp"
#include "bench/results/results.hpp"
#include "bench/results/trace.hpp"

namespace crossover {

/// One repetition of a cell: its sample and what is to be said of it.
struct measurement {
  sample measured;
  std::vector<finding> findings;
  std::map<std::string, std::string>
      environment;  ///< what the cell process told of itself: a language's version, say
};

/// Measures one repetition of a cell. The runner takes this as a parameter, so that what it does
/// can be tested with written-down samples. Throws `error` when the cell failed, `interrupted` when
/// the user said so.
using measure_function = std::function<measurement(const planned_cell& cell)>;

/// How cells are measured for real.
struct measuring {
  std::string program;                ///< this executable
  std::string cells;                  ///< the directory of cells in other languages
  std::vector<std::string> launcher;  ///< put before the cell's command line
  double seconds = 0.2;
  double warm_up_s = 0.05;
  double grace_s = 20;  ///< extra time before a late cell is killed
  std::uint64_t seed = 1;
};

/// In a fresh cell process: prepare, warm up (a run whose sample is thrown away), one run, finish.
/// `servers` outlives the function.
measure_function measure_in_fresh_process(measuring how, machine here, server_pool& servers);

/// One short run of a cell in a fresh process, traced: its sample and its trace. `operations` a
/// second is what the cell is known to reach; the run is long enough for a few operations of each
/// lane and short enough to be drawn. Throws `error`: unsupported where the kernel or the cell
/// tells nothing, resource where the cell is too large to be traced.
std::pair<sample, run_trace> trace_in_fresh_process(const measuring& how, const machine& here,
                                                    server_pool& servers, const planned_cell& cell,
                                                    double operations_per_s);

/// A fixture that uses more of its CPUs is the limit of what it serves.
inline constexpr double server_bound_share = 0.9;

/// What a sample says about its own validity: `server_bound` (the fixture used over 90 % of its
/// CPUs), `steal` (over 2 %), `behind_schedule` (under 98 % of the rate), `littles_law` (in
/// flight ≠ throughput × mean latency by over 10 %), `errors`.
std::vector<finding> findings_of(const planned_cell& cell, const sample& measured);

/// Remarks and failures that only the whole of the samples shows: throughput above the arithmetic
/// ceiling, or above cores times the best one-core rate of the same work by more than noise, fails
/// the cell: work was skipped.
void judge_ceilings(results& all);

}  // namespace crossover
