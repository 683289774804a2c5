#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reports/check/compare_files.hpp"
#include "reports/check/timeline.hpp"
#include "reports/statistics/change_points.hpp"

namespace crossover {

/// A history is a directory of results, one file a run: DIR/MACHINE/DATE-COMMIT.json. Runs of
/// different machines are never mixed; the files are what `crossover run` wrote, so any of them can
/// be compared or drawn by itself.

struct history_entry {
  std::string commit;
  results measured;
};

/// What makes two machines different, of what the results say of theirs, as 12 hexadecimal digits:
/// processor, CPUs, quota, governor, memory to the GiB. Not kernel or library versions, which would
/// begin a new history at every update; their differences are listed when runs are compared.
std::string machine_fingerprint(const results& measured);

/// The file that a run belongs in. Throws `error` (invalid) for a commit that is not of letters,
/// digits, dots, dashes and underscores.
std::filesystem::path history_file(const std::filesystem::path& directory,
                                   const std::string& commit, const results& measured);

/// Stores a run as it stands in its file, `document`, of which `measured` was read; the same commit
/// and date are replaced. Throws `error` (invalid, unwritable).
void add_to_history(const std::filesystem::path& directory, const std::string& commit,
                    const results& measured, std::string_view document);

/// The runs of this machine, oldest first (by the date of the results, then by file name). None
/// where there is no such directory. Throws `error` (unreadable) for a file that is not results.
std::vector<history_entry> read_history(const std::filesystem::path& directory,
                                        const std::string& machine);

struct history_options {
  file_options
      files;  ///< thresholds, metric, error rates; the name of the old side is made from the window
  unsigned window = 10;     ///< how many recent runs the new one is compared with
  unsigned least_runs = 4;  ///< fewer show no scatter worth the name
  change_options changes;
};

/// Compares a run with the recent window of a history (oldest first). Here the scatter from run to
/// run is *seen*: each run gives one value a cell, the mean log over its repetitions; the window's
/// values have mean m and s.d. s over w runs, and the new value is judged by t = (new - m - log(1 +
/// tolerate)) / (s sqrt(1 + 1/w)) with w - 1 degrees of freedom, Holm over cells, bounds at 1 -
/// power. Of a cell with a marked change, only the runs since then count, if there are `least_runs`
/// of them. A cell with fewer runs is inconclusive and says how many more are needed. The
/// comparison has the timelines too, with the new run as their last. Throws `error` as
/// `compare_files`.
check_result compare_with_history(const std::vector<history_entry>& history,
                                  const results& measured, const history_options& options);

/// The timelines of every cell in the history, in order of first appearance. Throws `error`
/// (invalid) for the metric.
std::vector<timeline> timelines(const std::vector<history_entry>& history,
                                const std::string& metric, const change_options& options = {});

}  // namespace crossover
