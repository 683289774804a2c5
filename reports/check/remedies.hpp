#pragma once

#include <span>
#include <string>

#include "reports/check/gate_plan.hpp"
#include "reports/check/judged_quantities.hpp"

namespace crossover {

/// Returns why errors or failures of the candidate only forbid a pass, and what would show them.
std::string remedy_for_excess(const quantity_comparison& excess);

/// Returns the remedy for an inconclusive cell: as many more blocks as its scatter requires, or
/// less load. `together`: cells judged together; `block_s`: expected wall time of a block.
std::string remedy_for(const cell_comparison& cell, const block_plan& plan,
                       const gate_options& options, std::span<const block_record> blocks,
                       std::size_t together, double block_s);

/// Returns a note on the regimes that the fewest blocks of a passing cell do not exclude; empty if
/// no cell passes.
std::string regimes_note(const check_result& result, const gate_options& options);

}  // namespace crossover
