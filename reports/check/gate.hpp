#pragma once

#include <span>
#include <string>
#include <vector>

#include "reports/check/comparison.hpp"
#include "reports/statistics/step_down.hpp"

namespace crossover {

/// The gate decides how many blocks are measured, which cells are confirmed, and the verdicts. It
/// measures nothing: a runner asks for a plan, measures, asks who survived, measures those on fresh
/// blocks, and asks for the comparison.
///
/// How the error rates are spent. *False alarms*: the screen only selects; the confirmation alone
/// decides, by step-down maxT at the whole of `false_alarms` over the cells that survived. Its
/// blocks are fresh, so given any set of survivors the chance of a false `regression` is at most
/// `false_alarms`, and so it is over all (a test of the simulations holds it so). That the number
/// of blocks is chosen from the screen changes nothing, for the same reason. *Wrong passes*: a cell
/// that is slower by `detect` or more has two chances to pass, the screen and the confirmation,
/// each at (1 - power) / 2 by the upper bound; without a screen it has one, at 1 - power. A suite
/// passes only if every cell does, so its chance to pass with such a cell in it is at most 1 -
/// power too (intersection-union: Berger 1982).

struct gate_options {
  double tolerate = 0.01;
  double detect = 0.05;
  double false_alarms = 0.01;
  double power = 0.95;
  double budget_s = 300;        ///< wall time that may be spent
  std::string metric = "time";  ///< id from the metric table: what the log ratios are of, turned so
                                ///< that positive is worse
  /// S.d. of a block's log ratio to plan for before anything is measured: the upper end of what
  /// blocks of ABBA slices showed on a shared virtual machine (0.4 % to 1.5 %).
  double block_sd = 0.015;
  flip_options flips;
};

/// A cell that is to be judged, with the thresholds that hold for it.
struct gated_cell {
  std::string name;
  double tolerate = 0.01;
  double detect = 0.05;
  double block_s = 0.22;  ///< expected wall time of a block: two process starts and the slices
};

struct block_plan {
  bool screens = false;        ///< false: every cell goes straight to the confirmation
  unsigned screen_blocks = 0;  ///< a cell
  unsigned confirm_blocks =
      0;  ///< a survivor, as far as can be said before the screen has shown the noise
  unsigned expected_survivors = 0;  ///< cells that the confirmation is planned for
  double expected_s = 0;            ///< wall time, if as many survive
  double visible = 0;  ///< the smallest slowdown that is found with the asked power in the noise
                       ///< planned for: 0.04 is 4 %
  double bound_level = 0.025;  ///< of each bound: what `pass` may err by in one stage
  bool within_budget = true;
};

/// A cell that goes on to the confirmation, and with how many fresh blocks.
struct survivor {
  std::size_t cell = 0;
  unsigned blocks = 0;
};

/// What was measured of a cell.
struct measured_cell {
  std::vector<block> screen;
  std::vector<block> confirm;  ///< fresh blocks; empty for a cell that did not survive
  std::vector<std::string> notes;
};

/// The sizes of both stages. One stage where that is no dearer (few cells), else the screen that
/// makes screen and expected confirmations cheapest. Throws `error` (invalid) for shares outside
/// (0, 1), `tolerate` not below `detect`, or no cells.
block_plan plan_blocks(const gate_options& options, std::span<const gated_cell> cells);

/// The plan in one or two lines for people: blocks, expected wall time, smallest visible slowdown.
std::string in_words(const block_plan& plan, const gate_options& options, std::size_t cells);

/// Who survives the screen: a cell whose upper bound does not exclude its `detect`, or that looks
/// slower than tolerated (p <= 0.05, this cell alone). All cells where the plan has no screen. Each
/// gets the blocks that its own scatter in the screen (at its 80 % upper bound) and the number of
/// survivors ask for, within what is left of the budget, but never fewer than the level needs.
/// `screen[i]` are the blocks of `cells[i]`.
std::vector<survivor> survivors(const block_plan& plan, const gate_options& options,
                                std::span<const gated_cell> cells,
                                std::span<const std::vector<block>> screen);

/// Whether a survivor's fresh blocks are enough for the asked power though fewer than it was given:
/// a few blocks of the screen are a poor estimate of the scatter, and one disturbed block among
/// them asks for hundreds. Looked at are the blocks' distances from `tolerate`, never their signs:
/// given the distances, each sign is as likely as the other at `tolerate`, so that the sign flips
/// are as exact as with a number fixed beforehand (sample size re-estimation that stays blind:
/// Gould 1992). `together`: how many cells survived.
bool enough_blocks(const block_plan& plan, const gate_options& options, const gated_cell& cell,
                   std::size_t together, std::span<const block> fresh);

/// The verdicts on what was measured, `measured[i]` being of `cells[i]`. A survivor's figures rest
/// on its fresh blocks alone. The caller adds names, removed and failing cells, environment and
/// wall time.
check_result compare_blocks(const block_plan& plan, const gate_options& options,
                            std::span<const gated_cell> cells,
                            std::span<const measured_cell> measured);

}  // namespace crossover
