#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reports/check/comparison.hpp"
#include "reports/statistics/sign_flip.hpp"
#include "reports/statistics/slice_quantities.hpp"

namespace crossover {

/// One block of a cell in all quantities. Each is odd when the sides are exchanged, so one sign
/// flip of the block applies to all of them.
struct block_record {
  std::uint64_t round = 0;  ///< blocks of a round share the sign that is flipped: with several
                            ///< links of each side it is the number of the pair (link_pairs.hpp)
  bool is_measured = true;  ///< false if a process failed: only `failed_processes` is known
  double location = 0;      ///< log ratio, by `block_log_ratio`; positive is worse
  double total = 0;         ///< log ratio, by `total_log_ratio`
  side_shares slow = {};    ///< slices, by `slow_shares`
  side_shares failed_operations = {};  ///< of all operations of the side
  side_shares failed_processes = {};   ///< of all processes of the side
  std::string order = {};              ///< of the slices: "ABBA BAAB …", A is the baseline
};

/// Returns the record of slices whose figures are worse if greater. The caller adds the round and
/// the shares of failures.
block_record record_of(std::span<const slice> slices);

/// Returns the mean log ratio of each measured round, by location and by total.
std::vector<double> locations_of(std::span<const block_record> blocks);
std::vector<double> totals_of(std::span<const block_record> blocks);

/// Returns the figures of a cell: ratio, bounds at `bound_level`, p-values, and the quantities. The
/// total is always among them; tail, errors and failures only if a side has any. If the blocks are
/// in two regimes, the upper bound allows for regimes that the blocks met too rarely
/// (regimes.hpp), and a note names them. `tolerate` and `detect` of the cell are taken over; the
/// adjusted p-values and the verdict are left to `decide_together`.
cell_comparison figures_of(const cell_comparison& cell, std::span<const block_record> blocks,
                           double bound_level, const flip_options& flips);

/// Returns whether a screened cell needs no confirmation: the bounds of metric and total exclude
/// `detect`, no quantity looks worse at 5 % (this cell only), the candidate has no excess of errors
/// or failures, and the metric does not look better at 5 %: only a confirmation shows improvements.
bool is_clear(const cell_comparison& screened);

/// Sets adjusted p-values, verdicts and improvements of the cells of a suite; `blocks[i]` belongs
/// to `cells[i]`, whose figures are set.
///
/// All quantities of all cells are judged by one step-down maxT (`step_down_p`) with common sign
/// flips of a round. The probability of any false `regression`, by any quantity of any cell, is
/// therefore at most `false_alarms`, for any dependence between them: a slowdown shows in location
/// and total at once, and maxT takes that into account. Nulls: location and total at most
/// `tolerate`; tail, errors and failures at most the baseline's. Improvements are a second family,
/// the location's negative against the same tolerance, at the same rate. If the same cells are
/// judged `looks` times, p-values are multiplied by it (Bonferroni).
void decide_together(std::span<cell_comparison> cells,
                     std::span<const std::vector<block_record>> blocks, double false_alarms,
                     const flip_options& flips, unsigned looks = 1);

}  // namespace crossover
