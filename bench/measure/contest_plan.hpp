#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/measure/block.hpp"
#include "bench/measure/plan.hpp"

namespace crossover {

/// Cells that differ only in the model and take turns: indices of planned cells. A contest whose
/// arms cannot wait beside each other has several parts.
struct planned_contest {
  std::vector<std::size_t> cells;
  std::size_t number = 0;       ///< of the contest that this is, or is a part of
  std::size_t begun = 0;        ///< blocks begun so far
  std::size_t blocks = 0;       ///< blocks measured so far
  double measured_s = 0;        ///< duration of these blocks
  std::size_t running = 0;      ///< blocks that hosts measure now
  std::size_t next_judged = 0;  ///< number of blocks at its next judgement
  bool settled = false;
};

/// Groups the runnable cells into contests, in the order of the plan. A model with many threads or
/// processes gets a contest with only `reference`, because arms that sleep still cost memory and
/// scheduling; its cell has the finding `split`. A model that equals another model on one core is
/// skipped there.
std::vector<planned_contest> plan_contests(std::vector<planned_cell>& cells);

/// Returns the estimated time of one block of a cell, before any is measured.
double expected_seconds(const cell_spec& cell, const block_options& plan);

/// Maximum workers (threads, processes) of a model that shares blocks with other models.
constexpr std::uint32_t max_workers_together = 1024;

}  // namespace crossover
