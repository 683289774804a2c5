#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/measure/block.hpp"
#include "bench/measure/contest_plan.hpp"
#include "bench/measure/measuring_hosts.hpp"
#include "bench/measure/progress.hpp"
#include "bench/results/results.hpp"

namespace crossover {

struct measuring_options {
  block_options block;
  double budget_s = 120;          ///< measuring time of the whole run
  std::uint32_t repetitions = 0;  ///< blocks of every contest; 0: the scatter decides
  std::uint64_t seed = 1;         ///< fixes every order and the inputs
  /// Index into `results::hosts` of each host of a fleet; empty for a run on this machine.
  std::vector<std::uint32_t> hosts;
  /// Hosts that run the cells of a block at once against a server on another host; 0: servers run
  /// beside the cells.
  std::size_t clients = 0;
  /// Returns true if the blocks of these cells settle their contest. Called after every block.
  std::function<bool(const results& all, const std::vector<std::size_t>& cells)> is_settled;
  std::function<void(const measuring_progress&)> progress;
  /// Returns true if the blocks of a contest decide it. This ends no contest; it is shown earlier.
  std::function<bool(const results& of_contest)> is_decided;
  /// Called once per contest, with the results of only its cells: when it is decided or settled,
  /// otherwise at the end of the run.
  std::function<void(const results& of_contest)> show_contest;
  /// Called after every block; may write the results. An `error` that it throws ends the run.
  std::function<void()> save;
};

/// Measures the contests until each is settled or the budget is used. On each host, contests take
/// turns in random order, one block each, so that a slow minute does not affect only one. One that
/// has used twice the mean time of the open ones misses turns once it has six blocks, so that long
/// blocks do not use up the budget. Fills samples, statuses and environment of `all`, which has the
/// cells of the plan. If they have blocks of an interrupted run (see continued_run.hpp), the run
/// continues after them, in the order of the same seed, and their time is part of the budget. A
/// cell that fails in two blocks of a host is not measured there again; it fails if that is so on
/// every host. The blocks of the others are kept. An interrupt discards the blocks in progress and
/// sets the status of `all`. Throws `error` (invalid) if the budget is too small for one block per
/// contest.
void run_contests(std::vector<planned_cell>& cells, results& all, measuring_hosts& hosts,
                  const measuring_options& options);

}  // namespace crossover
