#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reports/check/compare_files.hpp"
#include "reports/check/timeline.hpp"
#include "reports/statistics/change_points.hpp"

namespace crossover {

/// A history is a directory of results with one file per run: DIR/MACHINE/DATE-COMMIT.json. Runs of
/// different machines are never mixed. The files are results of `crossover run`, so each can be
/// compared or plotted on its own.

struct history_entry {
  std::string commit;
  results measured;
};

/// Returns 12 hexadecimal digits that identify the machine of these results by processor, CPUs,
/// quota, governor and memory (in GiB). Kernel and library versions are left out, as every update
/// would begin a new history; they are listed when runs are compared.
std::string machine_fingerprint(const results& measured);

/// Returns the file for a run. Throws `error` (invalid) if the commit has other characters than
/// letters, digits, dots, dashes and underscores.
std::filesystem::path history_file(const std::filesystem::path& directory,
                                   const std::string& commit, const results& measured);

/// Stores `document`, the original text of the run `measured`. Replaces a run of the same commit
/// and date. Throws `error` (invalid, unwritable).
void add_to_history(const std::filesystem::path& directory, const std::string& commit,
                    const results& measured, std::string_view document);

/// Returns the runs of this machine, oldest first (by the date in the results, then by file name);
/// none if there is no such directory. Throws `error` (unreadable) for a file that is not results.
std::vector<history_entry> read_history(const std::filesystem::path& directory,
                                        const std::string& machine);

struct history_options {
  file_options
      files;  ///< thresholds, metric, error rates; the baseline's name is made from the window
  unsigned window = 10;   ///< number of recent runs to compare with
  unsigned min_runs = 4;  ///< minimum number of runs for an estimate of the scatter
  change_options changes;
};

/// Compares a run with the recent window of a history (oldest first). Here the scatter from run to
/// run is *observed*. Each run gives one value per cell, the mean log over its repetitions. The
/// window's values have mean m and s.d. s over w runs. The new value is judged by t = (new - m -
/// log(1 + tolerate)) / (s sqrt(1 + 1/w)) with w - 1 degrees of freedom, Holm over cells, bounds at
/// 1 - power. If a cell has a marked change, only the runs since then count, provided there are
/// `min_runs` of them. A cell with fewer runs is inconclusive and says how many are needed. The
/// result also has the timelines, with the new run last. Throws `error` like `compare_files`.
check_result compare_with_history(std::vector<history_entry> history, const results& measured,
                                  const history_options& options);

/// Returns the timelines of all cells in the history, in order of first appearance. Throws `error`
/// (invalid) for the metric.
std::vector<timeline> timelines(const std::vector<history_entry>& history,
                                const std::string& metric, const change_options& options = {});

}  // namespace crossover
