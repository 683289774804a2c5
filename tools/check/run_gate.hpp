#pragma once

#include <functional>
#include <string>

#include "bench/measure/runner.hpp"
#include "reports/check/gate.hpp"
#include "reports/check/thresholds.hpp"
#include "tools/check/block_source.hpp"

namespace crossover {

/// Who is told how the gate goes on.
struct gate_watch {
  std::function<void(const std::string& plan)> planned;  ///< once, before the first block
  std::function<void(const run_progress& now)> progress;
};

/// Takes the cells of a source through the gate: a first look, the screen, the survivors'
/// confirmation on fresh blocks. A round is one block of every cell, in random order. Ends early,
/// between blocks, when the budget is spent: what then has too few blocks is inconclusive. A cell
/// that fails in any block is taken out and listed, never passed. Throws `interrupted` and what
/// `plan_blocks` throws.
check_result run_gate(block_source& source, gate_options options, const thresholds& per_cell,
                      const gate_watch& watch);

}  // namespace crossover
