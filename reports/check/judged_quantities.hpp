#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reports/check/comparison.hpp"
#include "reports/statistics/sign_flip.hpp"
#include "reports/statistics/slice_quantities.hpp"

namespace crossover {

/// One block of a cell in all quantities. Each is odd when the sides are exchanged, so one sign
/// flip of the block applies to all of them.
struct block_record {
  std::uint64_t round = 0;
  double location = 0;            ///< log ratio, by `block_log_ratio`; positive is worse
  double total = 0;               ///< log ratio, by `total_log_ratio`
  side_shares slow;               ///< slices, by `slow_shares`
  side_shares failed_operations;  ///< of all operations of the side
  side_shares failed_processes;   ///< of all starts of the side, the retried ones included
};

/// Returns the record of a block of slices; the caller adds the shares of failures.
block_record record_of(std::uint64_t round, std::span<const slice> slices);

/// Returns the figures of a cell: ratio, bounds at `bound_level`, p-values, and the quantities. The
/// total is always among them; tail, errors and failures only if a side has any. If the blocks are
/// in two regimes, the upper bound allows for regimes that the blocks met too rarely
/// (regimes.hpp), and a note names them. `tolerate` and `detect` of the cell are taken over; the
/// adjusted p-values and the verdict are left to `decide_together`.
cell_comparison figures_of(const cell_comparison& cell, std::span<const block_record> blocks,
                           double bound_level, const flip_options& flips);

/// Returns whether a screened cell needs no confirmation: the bounds of metric and total exclude
/// `detect`, no quantity looks worse at 5 % (this cell only), and the candidate has no excess of
/// errors or failures.
bool is_clear(const cell_comparison& screened);

/// Sets adjusted p-values, verdicts and improvements of the cells of a suite; `blocks[i]` belongs
/// to `cells[i]`, whose figures are set.
///
/// All quantities of all cells are judged by one step-down maxT (`step_down_p`) with common sign
/// flips of a round. The probability of any false `regression`, by any quantity of any cell, is
/// therefore at most `false_alarms`, for any dependence between them: a slowdown shows in location
/// and total at once, and maxT takes that into account. Nulls: location and total at most
/// `tolerate`; tail, errors and failures at most the baseline's. Improvements are a second family,
/// the location's negative against the same tolerance, at the same rate.
void decide_together(std::span<cell_comparison> cells,
                     std::span<const std::vector<block_record>> blocks, double false_alarms,
                     const flip_options& flips);

}  // namespace crossover
