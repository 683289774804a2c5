#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bench/measure/block.hpp"
#include "bench/measure/machine_watch.hpp"
#include "bench/measure/progress.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// Cells that differ only in the model and are measured in turn: indices of planned cells.
struct planned_contest {
  std::vector<std::size_t> cells;
  std::size_t blocks = 0;  ///< measured so far
  bool settled = false;
};

/// Groups the runnable cells into contests, in the order of the plan. A contest with models of many
/// threads or processes is split, because arms that sleep still cost memory and scheduling: each
/// such model then meets only `reference`, and its cells carry the finding `split`. A model that is
/// another one on one core is skipped there.
std::vector<planned_contest> plan_contests(std::vector<planned_cell>& cells);

/// Workers (threads, processes) beyond which a model is measured in a part of its own.
constexpr std::uint32_t max_workers_together = 256;

struct measuring_options {
  block_options block;
  double budget_s = 120;          ///< measuring time of the whole run
  std::uint32_t repetitions = 0;  ///< blocks of every contest; 0: as many as the scatter asks for
  std::uint64_t seed = 1;         ///< fixes every order
  /// Whether the blocks of these cells settle their contest. Asked after every block.
  std::function<bool(const results& all, const std::vector<std::size_t>& cells)> is_settled;
  std::function<void(const measuring_progress&)> progress;
  /// Called after every block; may write the results. An `error` that it throws ends the run.
  std::function<void()> save;
};

/// Measures the contests until each is settled or the budget is used. Contests take turns in random
/// order, one block each, so that a slow minute does not hit only one. Fills samples, statuses and
/// environment of `all`, whose cells are those of the plan. A cell that fails in two blocks has
/// failed; the blocks of the others stay. An interrupt loses the block in progress and sets the
/// status of `all`. Throws `error` (invalid) if the budget is too small for one block per contest.
void run_contests(std::vector<planned_cell>& cells, results& all, const arm_factory& make,
                  machine_watch& watch, const measuring_options& options);

}  // namespace crossover
