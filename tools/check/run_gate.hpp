#pragma once

#include <functional>
#include <string>

#include "bench/measure/progress.hpp"
#include "reports/check/gate.hpp"
#include "reports/check/thresholds.hpp"
#include "tools/check/block_source.hpp"

namespace crossover {

/// Callbacks that report the progress of the gate; each may be empty.
struct gate_observer {
  std::function<void(const std::string& plan)> planned;  ///< called once, before the first block
  std::function<void(const measuring_progress& now)> progress;
};

/// Takes the cells of a source through the gate: preparation, screen, and confirmation of the
/// survivors on fresh blocks. A round is one block of every cell, in random order. The gate stops
/// between blocks when the budget is spent; cells with too few blocks are then inconclusive. A cell
/// that fails in any block is removed and listed; it never passes. Throws `interrupted` and what
/// `plan_blocks` throws.
check_result run_gate(block_source& source, gate_options options, const thresholds& per_cell,
                      const gate_observer& observer);

}  // namespace crossover
