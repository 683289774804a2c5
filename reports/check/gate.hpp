#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/check/comparison.hpp"
#include "reports/check/error_rates.hpp"
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

struct gate_options {
  error_rates rates;
  double budget_s = 300;        ///< maximum wall time
  std::string metric = "time";  ///< id from the metric table: the metric of the log ratios,
                                ///< oriented so that positive is worse
  /// S.d. of a block's log ratio, by location or total, assumed before anything is measured.
  /// Observed for blocks of ABBA slices on a shared virtual machine: 0.4 % to 1.5 % by location,
  /// 0.5 % to 4 % by total, 1.4 % at the median.
  double block_sd = 0.015;
  /// Share of processes in a regime that must not be missed: enough blocks to meet it, and to show
  /// it in the confirmation. 0: no such request.
  double regimes = 0;
  flip_options flips;
};

/// A cell to judge, with its thresholds.
struct gated_cell {
  std::string name;
  double tolerate = 0.01;
  double detect = 0.05;
  double block_s = 0.22;  ///< expected wall time of a block: two process starts and the slices
};

struct block_plan {
  bool screens = false;             ///< false: every cell is confirmed without a screen
  unsigned screen_blocks = 0;       ///< blocks per cell
  unsigned confirm_blocks = 0;      ///< blocks per survivor, for the assumed scatter
  unsigned expected_survivors = 0;  ///< number of cells the confirmation is planned for
  double expected_s = 0;            ///< wall time if that many cells survive
  double visible = 0;  ///< smallest slowdown detected with the requested power at the assumed
                       ///< scatter: 0.04 is 4 %
  double bound_level =
      0.025;  ///< error probability of each bound: that of a wrong pass in one stage
  bool within_budget = true;
  unsigned looks = 1;  ///< times that the confirmation is judged, each at its part of the level
};

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

/// Returns the sizes of both stages. Plans a single stage if it is no more expensive (few cells),
/// otherwise the screen that minimises the cost of screen plus expected confirmations. Throws
/// `error` (invalid) for shares outside (0, 1), `tolerate` not below `detect`, or no cells.
block_plan plan_blocks(const gate_options& options, std::span<const gated_cell> cells);

/// Returns the plan as it is reported; without a `block_plan`, that of a check that measured
/// nothing.
comparison_plan plan_of(const gate_options& options, const block_plan& plan = {});

/// Formats the plan for people in one or two lines: blocks, expected wall time, smallest visible
/// slowdown.
std::string plan_text(const block_plan& plan, const gate_options& options, std::size_t cells);

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
/// by total, or as many as `planned`. Errors or failures on one side may need more to be told from
/// chance; up to three times the fewest blocks of a confirmation are measured if that is probably
/// enough.
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
