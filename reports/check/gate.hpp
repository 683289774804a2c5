#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/check/comparison.hpp"
#include "reports/check/gate_plan.hpp"
#include "reports/check/judged_quantities.hpp"

namespace crossover {

/// The gate decides how many blocks to measure, which cells to confirm, and the verdicts. It does
/// not measure: a runner gets a plan, measures, gets the survivors, measures those on fresh blocks,
/// and gets the comparison.
///
/// Spending of the error rates. *False alarms*: the screen only selects. Only the confirmation
/// decides, by one step-down maxT over all quantities of the cells that survived
/// (judged_quantities.hpp), at the whole of `false_alarms`. Its blocks are fresh, so for any set of
/// survivors the probability of a false `regression` is at most `false_alarms`, and hence overall
/// (a test checks this by simulation). Choosing the number of blocks from the screen changes
/// nothing, for the same reason. If some cells need more blocks than planned, the cells are judged
/// twice, each time at half of `false_alarms`: what is far worse ends the first time. *Wrong
/// passes*: a cell that is slower by `detect` or more, by location or by total, can pass the screen
/// or the confirmation, each with probability at most (1 - power) / 2 by the upper bound; without a
/// screen, 1 - power at once. A suite passes only if every cell does, so its probability of passing
/// with such a cell is at most 1 - power too (intersection-union: Berger 1982).

/// A cell to confirm and its number of fresh blocks.
struct survivor {
  std::size_t cell = 0;
  unsigned blocks = 0;
};

/// Blocks measured for one cell.
struct measured_cell {
  std::vector<block_record> screen;
  std::vector<block_record> confirm;  ///< fresh blocks; empty if the cell did not survive
  std::vector<std::string> notes;
  std::optional<cell_comparison> shown = {};  ///< set if it was shown to be worse at an early look
};

/// Returns the cells that survive the screen: those that are not clear (`is_clear`), or all if the
/// plan has no screen. Each gets the blocks required by its own scatter in the screen (at its 80 %
/// upper bound) and by the number of survivors, or without a screen all that the budget allows;
/// never more than the remaining budget allows, nor fewer than the level and `regimes` need.
/// `measured[i]` are the blocks of `cells[i]`.
std::vector<survivor> survivors(const block_plan& plan, const gate_options& options,
                                std::span<const gated_cell> cells,
                                std::span<const measured_cell> measured);

/// Returns the fewest fresh blocks of a survivor: those planned, or those that the level takes.
unsigned fewest_blocks(const block_plan& plan, const gate_options& options, std::size_t together);

/// Returns whether the fresh blocks of a survivor suffice: for the requested power by location and
/// by total, or as many as `planned` if no number would. With links, also as many as `planned`, or
/// if each pair has so many that their layouts scatter more than the pairs' own means: only more
/// links would help. Errors or failures on one side may need more to be told from chance; up to
/// three times the fewest blocks of a confirmation are measured if that is probably enough.
///
/// The few blocks of the screen are a poor estimate of the scatter; one disturbed block among them
/// would require hundreds. Only the blocks' distances from the null are used, never their signs. At
/// the null each sign is equally likely given the distances, so the sign flips stay as exact as
/// with a fixed number (blind sample size re-estimation: Gould 1992). `together`: number of
/// survivors.
bool enough_blocks(const block_plan& plan, const gate_options& options, const gated_cell& cell,
                   unsigned planned, std::size_t together, std::span<const block_record> fresh);

/// Looks at the survivors before all their blocks are measured. Returns the comparison of each that
/// is shown to be worse. `measured[i]` belongs to `cells[i]`.
std::vector<std::optional<cell_comparison>> shown_worse(const block_plan& plan,
                                                        const gate_options& options,
                                                        std::span<const gated_cell> cells,
                                                        std::span<const measured_cell> measured);

/// Returns the verdicts; `measured[i]` belongs to `cells[i]`. A survivor's figures use only its
/// fresh blocks, but an excess of errors or failures in its screen forbids `pass` too. The caller
/// adds names, removed and failing cells, environment and wall time.
check_result compare_blocks(const block_plan& plan, const gate_options& options,
                            std::span<const gated_cell> cells,
                            std::span<const measured_cell> measured);

}  // namespace crossover
