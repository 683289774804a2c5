#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "bench/measure/contest_plan.hpp"

namespace crossover {

/// Returns the result of a planned cell before the run, with the blocks of an interrupted run
/// (`earlier`). Findings and failures that follow from the blocks are left out, because they are
/// judged again at the end. A refused cell has no blocks: its program is asked again.
cell_result continued_cell(const planned_cell& cell, cell_result earlier);

/// A contest had a turn in a pass of a host (index into `results::hosts`).
struct earlier_turn {
  std::size_t contest = 0;
  std::optional<std::uint32_t> host;
  std::uint64_t pass = 0;
};

/// Blocks of an interrupted run.
struct earlier_blocks {
  double seconds = 0;  ///< duration: of the blocks of the host that measured longest
  std::uint64_t next_block = 0, next_sequence = 0;
  std::vector<earlier_turn> turns;
};

/// Brings contests to their state after the blocks of an interrupted run. A block without any
/// sample, because every model failed, is measured again.
earlier_blocks continue_contests(std::deque<planned_contest>& contests, const results& all);

}  // namespace crossover
