#pragma once

#include <optional>
#include <string>

#include "bench/results/metrics.hpp"
#include "bench/results/results.hpp"
#include "reports/check/comparison.hpp"
#include "reports/check/thresholds.hpp"

namespace crossover {

struct file_options {
  double tolerate = 0.01;
  double detect = 0.05;
  double false_alarms = 0.01;
  double power = 0.95;
  std::string metric = "time";  ///< id from the metric table
  bool allow_different_environment = false;
  double process_floor = 0.01;  ///< s.d. of a log ratio that one process's luck of layout adds
                                ///< where a file's repetitions share one process
  thresholds per_cell;
  std::string old_name = "old";
  std::string new_name = "new";
};

/// Compares two files of results, ours or plain Google Benchmark's. The arms were measured one
/// after the other, so whatever changed on the machine between the two runs looks like a change of
/// the program; how much that is, one run of each cannot say.
///
/// The formula. Of each cell the logs of the metric are averaged over the repetitions of a file,
/// with s.d. s over n repetitions. A file is one draw of the machine's state, not n, so its own
/// repetitions stand in for the scatter from run to run: each side's mean is taken to vary by v =
/// s^2 (1 + 1/n) + f^2, the variance with which a mean of n predicts a further repetition, where f
/// is `process_floor` if all repetitions ran in one process (a plain Google Benchmark file), else
/// 0. The change is judged by Welch's t with v_old + v_new and Welch & Satterthwaite's degrees of
/// freedom (1947); the cells' p-values are adjusted by Holm (1979), which needs nothing of how
/// cells depend. The bounds are one-sided at 1 - power. However many repetitions there are, the
/// intervals never become narrower than that floor: only interleaving the two programs removes it.
/// Unlike there, `false_alarms` holds as far as repetitions scatter as runs do (normally, in logs),
/// and no further; the notes say so.
///
/// Environments that differ make every cell inconclusive unless `allow_different_environment`. A
/// cell with fewer than two repetitions on a side (as with aggregates only) is inconclusive, and
/// says how many are needed. Throws `error`: invalid for an unknown metric or one without a better
/// direction, or thresholds that make no sense; unreadable where the files have no cell in common.
check_result compare_files(const results& old_results, const results& new_results,
                           const file_options& options);

/// The fewest repetitions on each side with which a file comparison of `cells` cells sees `detect`
/// with the asked power, where repetitions scatter by `sd` (of logs). Nothing where the floor hides
/// it at any number.
std::optional<unsigned> repetitions_needed(double sd, double process_floor,
                                           const cell_thresholds& judged,
                                           const file_options& options, std::size_t cells);

/// p-values adjusted by Holm's step-down method, in the same order.
std::vector<double> holm_adjusted(const std::vector<double>& p);

/// Gives the judged cells (positions in `found.cells`, with their p) their adjusted p and verdict:
/// a regression at `false_alarms`, else a pass where the upper bound excludes `detect`. One that is
/// neither stays inconclusive.
void decide_by_holm(check_result& found, const std::vector<std::size_t>& judged_cells,
                    const std::vector<double>& p, double false_alarms);

/// Where the environments differ and that is not allowed, no cell has a verdict; `remedy` says why
/// and what to do.
void withhold_where_environments_differ(check_result& found, const std::string& remedy);

}  // namespace crossover
