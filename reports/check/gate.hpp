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
/// *False alarms.* The screen only selects cells. The confirmation decides, by one step-down maxT
/// over all quantities of the survivors (judged_quantities.hpp), and spends all of `false_alarms`.
/// Its blocks are fresh. So for any set of survivors, a false `regression` has a probability of at
/// most `false_alarms`; this holds overall, too (a test checks it by simulation). For the same
/// reason the number of blocks may depend on the screen. If some cells need more blocks than
/// planned, the cells are judged twice, each time at half of `false_alarms`. A cell that is far
/// worse ends at the first look.
///
/// *Wrong passes.* A cell is slower by `detect` or more, by location or by total. It can pass the
/// screen or the confirmation, each with a probability of at most (1 - power) / 2. Without a screen
/// this is 1 - power. A suite passes only if every cell passes, so a suite with such a cell passes
/// with a probability of at most 1 - power, too (intersection-union: Berger 1982).

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
/// plan has no screen. The number of blocks of each follows from its own scatter in the screen (at
/// the 80 % upper bound) and the number of survivors. Without a screen it is what the budget
/// allows. It never exceeds the remaining budget and is never below what the level and `regimes`
/// need. `measured[i]` are the blocks of `cells[i]`.
std::vector<survivor> survivors(const block_plan& plan, const gate_options& options,
                                std::span<const gated_cell> cells,
                                std::span<const measured_cell> measured);

/// Returns whether the fresh blocks of a survivor suffice. They do
/// * if they give the requested power, by location and by total;
/// * if `planned` are measured and no number of blocks would give it;
/// * with links, if the quantity without that power is shown to differ more between pairs than
///   within them: only more links would help then.
/// Errors or failures on one side may be too few to differ from chance. Then up to three times the
/// fewest blocks of a confirmation are measured, if that is probably enough.
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
