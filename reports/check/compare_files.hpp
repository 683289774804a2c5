#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/results/metrics.hpp"
#include "bench/results/results.hpp"
#include "reports/check/comparison.hpp"
#include "reports/check/error_rates.hpp"
#include "reports/check/thresholds.hpp"
#include "reports/statistics/t_estimate.hpp"

namespace crossover {

struct file_options {
  error_rates rates;
  std::string metric = "time";  ///< id from the metric table
  bool allow_different_environment = false;
  double process_floor = 0.01;  ///< s.d. of a log ratio due to one process's memory layout, if all
                                ///< repetitions share one process
  thresholds per_cell;
  std::string baseline_name = "baseline";
  std::string candidate_name = "candidate";
};

/// Compares two results files, ours or plain Google Benchmark's. The two sides were measured
/// sequentially, so any change of the machine between the two runs looks like a change of the
/// program. One run per side cannot show how large that is.
///
/// The formula: for each cell, the logs of the metric are averaged over the n repetitions of a
/// file, with s.d. s. A file is one draw of the machine's state, not n, so its repetitions stand in
/// for the scatter from run to run. Each side's mean gets the variance s^2 (1 + 1/n) + f^2, as if
/// it had to predict one more repetition. f is `process_floor` if all repetitions ran in one
/// process (a plain Google Benchmark file), otherwise 0. The change is judged by Welch's t with the
/// sum of both variances and Welch & Satterthwaite's degrees of freedom (1947). The cells' p-values
/// are adjusted by Holm (1979), which allows any dependence between cells. The bounds are one-sided
/// at 1 - power. Intervals never become narrower than that floor, however many repetitions there
/// are; only interleaving the two programs removes it. `false_alarms` holds only if repetitions
/// scatter as runs do (normally, in logs); the notes say so.
///
/// Runs of fleets are given with a cell for each machine type (`split_alike`). If the same hosts
/// measured a cell on both sides, Student's t judges the mean of the hosts' changes: each host
/// counts once, and its speed cancels. If the hosts differ, the formula above takes the means of
/// the hosts for repetitions. `blocks` then counts hosts. One host is like a run without a fleet.
///
/// An improvement is judged like a regression: by the same t against "no better than tolerated",
/// with Holm over cells at `false_alarms`.
///
/// Failed operations are a second hypothesis per cell with a failed operation: a permutation
/// test of the repetitions' error shares. It shares `false_alarms` with the first by Holm. Cells
/// without a failure cannot reject and take no share (Tarone 1990). A candidate that fails a larger
/// share of operations than the baseline never passes.
///
/// If the environments differ, every cell is inconclusive unless `allow_different_environment`. A
/// cell with fewer than two repetitions on a side (for example aggregates only) is inconclusive and
/// says how many are needed. Throws `error`: invalid for an unknown metric, one without a better
/// direction, or contradictory thresholds; unreadable if the files have no cell in common.
check_result compare_files(const results& baseline, const results& candidate,
                           const file_options& options);

/// Numbers of repetitions for a file comparison of `cells` cells.
class repetition_planner {
 public:
  repetition_planner(const error_rates& rates, std::size_t cells);

  /// Returns the fewest repetitions per side that detect `detect` with the requested power, if
  /// repetitions scatter by `sd` (of logs). nullopt if the floor hides it at any number.
  std::optional<unsigned> needed(double sd, double process_floor,
                                 const cell_thresholds& judged) const;

 private:
  struct candidate_number {
    unsigned repetitions;
    double shift;  ///< that they detect, in standard errors
  };
  std::vector<candidate_number> numbers_;  // computed once: a quantile costs microseconds
};

/// Returns the p-values adjusted by Holm's step-down method, in the same order.
std::vector<double> holm_adjusted(const std::vector<double>& p);

/// Returns the plan, as it is reported, of a comparison of sequential runs.
comparison_plan plan_of(const file_options& options, std::uint64_t seed, std::string order);

/// Scatter below this (s.d. of logs) counts as zero: a deterministic metric, such as a count of
/// bytes.
inline constexpr double min_sd = 1e-9;

/// Sets both p-values and the bounds (at 1 - power) of a cell from the estimate of its log ratio.
void judge_by_t(cell_comparison& cell, const t_estimate& estimate, double power);

/// Adds the quantity `errors` and a note if an operation failed. The shares are those of the
/// repetitions or runs of each side.
void judge_errors(cell_comparison& cell, std::span<const double> baseline,
                  std::span<const double> candidate);

/// Sets adjusted p-values, verdicts and improvements from the cells' p-values. Cells without a p
/// keep their verdict unless their errors decide it.
void decide_by_holm(check_result& result);

/// Makes every cell inconclusive if the environments differ and that is not allowed; `remedy`
/// becomes the cells' remedy.
void withhold_if_environments_differ(check_result& result, const std::string& remedy);

}  // namespace crossover
