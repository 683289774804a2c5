#pragma once

#include <cstddef>
#include <optional>

#include "reports/check/gate_plan.hpp"

namespace crossover {

/// Returns the distance of the two thresholds of a cell as a log ratio.
double alternative(const gated_cell& cell);

/// Returns the power required of the confirmation: the screen misses a slowdown of `detect` with
/// probability at most (1 - power) / 2; the rest is left.
double confirming_power(const gate_options& options, bool screens);

/// Returns the minimum number of blocks to decide on one of `together` cells.
unsigned min_blocks(const gate_options& options, std::size_t together, bool screens);

/// Returns the fewest fresh blocks of a survivor: those planned, or those that the level takes.
unsigned fewest_fresh_blocks(const block_plan& plan, const gate_options& options,
                             std::size_t together);

/// Returns the minimum number of blocks of a cell that passes: enough to meet the requested
/// regimes, missed with the probability of a wrong pass in one stage. 0 without such a request.
unsigned blocks_of_a_pass(const gate_options& options);

/// Returns the blocks needed to confirm one of `together` cells with this scatter at the requested
/// power; nullopt if no number is enough.
std::optional<unsigned> confirm_blocks(const gate_options& options, double sd, double shift,
                                       std::size_t together, bool screens);

}  // namespace crossover
