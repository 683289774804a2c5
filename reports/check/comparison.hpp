#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/check/error_rates.hpp"
#include "reports/check/timeline.hpp"
#include "reports/environment_differences.hpp"

namespace crossover {

enum class verdict { pass, regression, inconclusive };
std::string_view to_string(verdict value);

/// Source of a cell's verdict.
enum class decided_by { screen, confirmation, files, history };
std::string_view to_string(decided_by value);

/// Parameters of a check, and how it was carried out.
struct comparison_plan {
  error_rates rates = {};
  double bound_level = 0.025;  ///< error probability of each bound of an interval
  double regimes = 0;          ///< share of processes in a regime that was asked for; 0: none
  std::uint64_t seed = 1;      ///< seed of orders, environments and sign flips
  std::string order =
      {};  ///< how the sides alternated: "ABBA or BAAB at random", "sequential runs"
  unsigned screen_blocks = 0;   ///< blocks per cell; 0 if every cell was confirmed without a screen
  unsigned confirm_blocks = 0;  ///< planned blocks per surviving cell
  std::array<std::size_t, 2> links = {1, 1};  ///< links of baseline and candidate
  std::optional<double> expected_s = {};      ///< planned wall time
  std::optional<double> wall_s = {};          ///< actual wall time
};

/// Returns whether both sides were several links of their build.
inline bool averages_layout(const comparison_plan& plan) {
  return plan.links[0] > 1 && plan.links[1] > 1;
}

/// A quantity that can get worse while the metric stays the same.
enum class quantity {
  total,     ///< time of all slices, relative to the baseline's
  tail,      ///< share of slow slices
  errors,    ///< share of operations that failed
  failures,  ///< share of processes that failed: exited, hung or replied wrongly
};
std::string_view to_string(quantity value);

/// One quantity of a cell beside its metric.
struct quantity_comparison {
  quantity of = quantity::errors;
  double baseline = 0;  ///< mean over the blocks of each side; 1 for `total`
  double candidate = 0;
  std::optional<double> upper = {};  ///< upper bound of `total` at the plan's `bound_level`
  double p = 1;                      ///< p-value of "no worse" (`total`: than tolerated), this cell
  std::optional<double> adjusted_p = {};
};

/// One cell measured on both sides. A ratio above 1 means worse: new/old of a metric that is better
/// when lower, old/new of one that is better when higher. 1.05 is five percent worse.
struct cell_comparison {
  std::string name;
  std::string metric = "time";  ///< id from the metric table
  std::optional<double> ratio;  ///< exp of the mean log ratio
  std::optional<double> lower;  ///< one-sided bounds, each at the plan's `bound_level`; absent if
                                ///< there are too few blocks
  std::optional<double> upper;
  std::optional<double> p;           ///< p-value of "no worse than tolerated" for this cell only
  std::optional<double> better_p;    ///< the same of "no better than tolerated"
  std::optional<double> adjusted_p;  ///< p-value adjusted over the suite: `regression` if at most
                                     ///< `false_alarms`; absent for cells that the screen passed
  double tolerate = 0.01;            ///< threshold of this cell
  double detect = 0.05;
  unsigned blocks =
      0;  ///< blocks behind the figures (of files: repetitions of the side that has fewer)
  unsigned rounds = 0;         ///< rounds of these blocks; with links, pairs of links
  unsigned screen_blocks = 0;  ///< blocks that were only used to select the cell for confirmation
  std::optional<double> unseen_share;  ///< a regime that fewer processes enter is not excluded
  std::optional<double> sd;            ///< s.d. of a round's log ratio
  std::vector<double>
      block_log_ratios;  ///< log ratios of the blocks behind the figures, in order of measurement
  std::vector<std::string>
      block_orders;  ///< order of the slices in the same blocks: "ABBA BAAB …", A is the baseline
  decided_by decided = decided_by::screen;
  verdict outcome = verdict::inconclusive;
  bool improvement = false;                     ///< better by more than the tolerance
  std::vector<quantity_comparison> quantities;  ///< only those that could have got worse
  std::string remedy;                           ///< what would decide an inconclusive cell
  std::vector<std::string> notes;
};

/// A cell that could not be compared, with the reason.
struct unmatched_cell {
  std::string name;
  std::string reason;
};

/// A comparison whose result is known: the baseline against itself, or against itself with a known
/// slowdown.
struct control_comparison {
  std::string cell;
  double added = 0;         ///< slowdown of one side; 0 for a cell compared with itself
  bool is_counted = false;  ///< the slowdown is counted into the readings, not done as work
  unsigned blocks = 0;
  std::optional<double> ratio = {};  ///< by location, as of a cell
  std::optional<double> total_ratio = {};
  double seconds = 0;        ///< wall time of its blocks
  std::string problem = {};  ///< why the verdict is inconclusive; "" if it came out right
};

/// Formats a control in one line: "hashing/… with itself: -0.12 % (total +0.20 %), 4 blocks".
std::string control_text(const control_comparison& control);

/// Result of a check; every output format is made from it.
struct check_result {
  std::string baseline_name;  ///< file or program, for display
  std::string candidate_name;
  std::string metric_label = "time per operation";
  comparison_plan plan;
  std::vector<cell_comparison> cells;
  std::vector<control_comparison> controls;   ///< empty for files
  std::vector<unmatched_cell> removed;        ///< measured only by the baseline
  std::vector<unmatched_cell> added;          ///< measured only by the candidate
  std::vector<unmatched_cell> newly_failing;  ///< failed on the candidate only
  std::vector<unmatched_cell> failing;        ///< failed on both sides
  std::vector<unmatched_cell> skipped;        ///< skipped on both sides
  std::vector<environment_difference> environment;
  bool environment_allowed = false;  ///< the user allowed a comparison despite the differences
  std::vector<std::string> notes;
  std::vector<timeline> timelines;  ///< only in a comparison with a history
};

/// Returns the verdict on a cell from its p-values and bounds: `regression` if the metric or a
/// quantity is worse (adjusted p at most `false_alarms`); `pass` if the upper bounds of metric and
/// total exclude `detect` and the candidate fails no larger share of operations or processes;
/// otherwise `inconclusive`.
verdict verdict_of(const cell_comparison& cell, double false_alarms);

/// Returns the errors or failures if the candidate has a larger share of them, otherwise nullptr.
const quantity_comparison* excess_of(const cell_comparison& cell);

/// Returns the verdict as a word; "improved" for a pass that is an improvement.
std::string_view verdict_word(const cell_comparison& cell);

/// Formats both sides of a quantity: "9 % of operations fail, 0 % in the baseline".
std::string quantity_text(const quantity_comparison& q);

/// Formats everything that is shown to be worse: the change of the metric with its interval, and
/// quantities.
std::string regression_text(const cell_comparison& cell, double false_alarms);

/// Formats the same without the change of the metric: "metric; total +4.9 %"; empty if nothing is.
std::string worse_text(const cell_comparison& cell, double false_alarms);

/// Returns the names of what is shown to be worse: "metric", "total", "tail", "errors", "failures".
std::vector<std::string_view> worse_quantities(const cell_comparison& cell, double false_alarms);

/// Returns the verdict on the suite. `inconclusive`: a control came out wrong. `regression`:
/// otherwise, if a cell regressed or newly fails. `inconclusive`: otherwise, if a cell is
/// inconclusive, is removed, or fails on both sides, if environments differ without permission, or
/// if no cell was compared. `pass`: otherwise.
verdict verdict_of(const check_result& result);

/// Returns whether the known result of a control was not found.
bool has_wrong_control(const check_result& result);

/// Returns 0 for pass, 1 for regression, 2 for inconclusive.
int exit_code_of(const check_result& result);

/// Returns the outcome in one line: "regression: 20 cells compared, 2 regressed, …".
std::string headline(const check_result& result);

/// Throws `error` (unreadable) naming both sides unless they have a cell in common; failed cells
/// count.
void require_common_cells(const check_result& result);

/// Returns the cells sorted for reading: regressions, inconclusive ones, improvements, the rest;
/// each group by falling ratio.
std::vector<const cell_comparison*> by_urgency(const check_result& result);

/// Formats a ratio as a signed change: 1.0512 as "+5.12 %"; "n/a" if absent.
std::string as_change(std::optional<double> ratio);

/// Formats a share as a percentage: 0.01 as "1 %".
std::string as_percent(double share);

}  // namespace crossover
