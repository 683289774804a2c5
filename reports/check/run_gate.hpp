#pragma once

#include <functional>
#include <string>

#include "reports/check/gate.hpp"
#include "reports/check/paired_cells.hpp"
#include "reports/check/thresholds.hpp"

namespace crossover {

struct gate_progress {
  std::size_t done = 0, total = 0;  ///< blocks, or cells that are prepared
  double left_s = -1;               ///< estimated time left; negative if unknown
  std::string cell;                 ///< cell that is measured now
};

/// Callbacks that report the progress of the gate; each may be empty.
struct gate_observer {
  std::function<void(const std::string& plan)> planned;  ///< called once, before the first block
  std::function<void(const gate_progress& now)> progress;
};

/// Takes the cells through the gate: preparation, screen, and confirmation of the survivors on
/// fresh blocks. A round is one block of every cell, in random order; with links, each stage
/// repeats its own pairs. The gate stops between blocks when the budget is spent; cells with too
/// few blocks are then inconclusive. Controls follow (controls.hpp), with a part of the budget that
/// is kept for them.
///
/// A block with a failed process has no figures; its failures are counted, and the cell continues
/// with fresh processes of both sides. A cell whose baseline failed in each of the first three
/// blocks cannot be compared and is listed. `ready_plan`: the plan of these cells, if a simulation
/// knows it already. Throws `interrupted` and what `plan_blocks` throws.
check_result run_gate(const paired_cells& cells, gate_options options, const thresholds& per_cell,
                      const gate_observer& observer = {}, const block_plan* ready_plan = nullptr);

}  // namespace crossover
