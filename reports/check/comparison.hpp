#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/check/timeline.hpp"
#include "reports/environment_differences.hpp"

namespace crossover {

enum class verdict { pass, regression, inconclusive };
std::string_view to_string(verdict value);

/// Where a cell's verdict came from.
enum class decided_by { screen, confirmation, files, history };
std::string_view to_string(decided_by value);

/// What a check was asked for, and how it went about it.
struct comparison_plan {
  double tolerate =
      0.01;  ///< changes up to this share are nobody's business: the null of `regression`
  double detect = 0.05;        ///< the slowdown that must not slip through: `pass` excludes it
  double false_alarms = 0.01;  ///< the chance of any false `regression` in the whole suite
  double power = 0.95;         ///< the chance to find a slowdown of `detect`
  double bound_level = 0.025;  ///< each bound of an interval is missed with this chance
  std::uint64_t seed = 1;      ///< of orders, environments and sign flips
  std::string order;  ///< how the arms alternated: "ABBA or BAAB at random", "one after the other"
  unsigned screen_blocks = 0;   ///< a cell, 0 where every cell went straight to the confirmation
  unsigned confirm_blocks = 0;  ///< a surviving cell, as planned before it began
  std::optional<double> expected_s;  ///< wall time that the plan foresaw
  std::optional<double> wall_s;      ///< and what it took
};

/// One cell that both sides measured. Ratios say how many times worse the new side is: new/old of a
/// metric that is better when lower, old/new of one that is better when higher. 1.05 is five
/// percent worse.
struct cell_comparison {
  std::string name;
  std::string metric = "time";  ///< id from the metric table
  std::optional<double> ratio;  ///< exp of the mean log ratio
  std::optional<double> lower;  ///< one-sided bounds, each at the plan's `bound_level`; absent
                                ///< where there are too few blocks
  std::optional<double> upper;
  std::optional<double> p;           ///< of "no worse than tolerated", this cell alone
  std::optional<double> adjusted_p;  ///< over the suite: `regression` where it is at most
                                     ///< `false_alarms`; absent for cells that were screened out
  double tolerate = 0.01;            ///< of this cell
  double detect = 0.05;
  unsigned blocks =
      0;  ///< blocks the figures rest on (of files: repetitions of the side that has fewer)
  unsigned screen_blocks = 0;  ///< blocks that only selected the cell for confirmation
  std::optional<double> sd;    ///< of a block's log ratio
  std::vector<double>
      block_log_ratios;  ///< the blocks the figures rest on, in order of measurement
  std::vector<std::string> block_orders;  ///< of the same blocks, how their turns were drawn: "ABBA
                                          ///< BAAB …", A being the old side
  decided_by decided = decided_by::screen;
  verdict outcome = verdict::inconclusive;
  bool improvement = false;  ///< better by more than is tolerated, by the upper bound
  std::string remedy;        ///< of an inconclusive cell: what would decide it
  std::vector<std::string> notes;
};

/// A cell that could not be compared, and why.
struct unmatched_cell {
  std::string name;
  std::string reason;
};

/// What a check found: the one value that all its outputs are made from.
struct check_result {
  std::string old_name;  ///< file or program, for people
  std::string new_name;
  std::string metric_label = "time per operation";
  comparison_plan plan;
  std::vector<cell_comparison> cells;
  std::vector<unmatched_cell> removed;  ///< measured by the old side only
  std::vector<unmatched_cell> added;    ///< measured by the new side only
  std::vector<unmatched_cell>
      newly_failing;                    ///< failed on the new side, and had not failed on the old
  std::vector<unmatched_cell> failing;  ///< failed on both sides
  std::vector<unmatched_cell> skipped;  ///< skipped on both sides
  std::vector<environment_difference> environment;
  bool environment_allowed = false;  ///< the user asked to compare in spite of the differences
  std::vector<std::string> notes;
  std::vector<timeline> timelines;  ///< of a comparison with a history
};

/// The verdict on the suite. `regression`: a cell regressed, or fails that did not. `inconclusive`:
/// else, if a cell is, or one removed or fails on both sides, or environments differ without
/// leave, or no cell was compared at all. `pass`: nothing of that.
verdict verdict_of(const check_result& found);

/// 0 pass, 1 regression, 2 inconclusive.
int exit_code_of(const check_result& found);

/// The outcome in one sentence: "2 of 20 cells regressed: …".
std::string headline(const check_result& found);

/// Throws `error` (unreadable) that names both sides unless there is a cell that both have, failed
/// ones included.
void require_common_cells(const check_result& found);

/// Cells in the order in which people want them: regressions, inconclusive ones, improvements, the
/// rest; each by falling ratio.
std::vector<const cell_comparison*> by_urgency(const check_result& found);

/// A ratio as a signed change: 1.0512 as "+5.12 %"; "n/a" for an absent one.
std::string as_change(std::optional<double> ratio);

/// A share as a percentage with as many digits as it needs: 0.01 as "1 %".
std::string as_percent(double share);

}  // namespace crossover
