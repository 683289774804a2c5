#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/check/bootstrap.hpp"
#include "reports/check/recordings.hpp"

namespace crossover {

/// One cell over all recorded suites.
struct calibrated_cell {
  std::string name;
  unsigned blocks = 0;  ///< number of blocks of identical code
  double mean = 0;      ///< mean of their log ratios
  double sd = 0;
  unsigned slower_blocks = 0;         ///< number of blocks in suites that slowed this cell down
  std::optional<double> slower_mean;  ///< mean log ratio of those blocks: the effective slowdown
  proportion found;                   ///< how often it was called a regression in those suites
};

/// Error rates of the gate, estimated from recorded suites.
struct calibration {
  std::string machine, first_date, last_date;
  unsigned links = 1;  ///< of each program
  error_rates rates;
  double slower = 0;         ///< greatest percentage of work added to a slowed cell
  std::size_t left_out = 0;  ///< suites whose machine, build or plan differs from the last one's

  // Live, as measured.
  proportion false_alarm;            ///< suites of identical builds with a cell called a regression
  proportion false_improvement;      ///< suites of identical builds with a cell called improved
  proportion passed;                 ///< suites of identical builds that passed
  proportion false_alarm_elsewhere;  ///< suites with a slower cell and a regression of another cell
  proportion found;                  ///< slower cells that were called a regression
  proportion
      found_if_injection_visible;  ///< the same, only for cells whose measured slowdown is at least
                                   ///< half of the added work. In other cells something else is the
                                   ///< limit, such as the server, and there is nothing to find
  proportion missed;               ///< slower cells that passed
  proportion false_alarm_on_cores;  ///< suites of identical builds with a cell on several cores
                                    ///< called a regression
  proportion found_on_cores;        ///< slower cells on several cores called a regression
  double mean_wall_s = 0, longest_wall_s = 0,
         mean_blocks = 0;  ///< means and maximum over suites of identical builds
  std::vector<std::string> failures;

  // The same data, as if the candidate had been measured after the baseline.
  proportion rank_flagged_cell;   ///< comparisons of identical code flagged by the U-test at 5 %
  proportion rank_flagged_suite;  ///< suites of identical builds with a flagged cell
  proportion rank_found;          ///< slower cells flagged as slower

  std::vector<calibrated_cell> cells;
  std::vector<bootstrap_result> bootstrap;
};

/// Counts the outcomes of the suites that were measured like the last one, then resamples their
/// blocks (see bootstrap.hpp).
///
/// The U-test compares, for each cell's screen, the baseline's figures from the first half of the
/// blocks with the candidate's from the second half, as if one program's run of the suite had
/// followed the other's. Figures of groups serve as repetitions.
///
/// Throws `error` (unreadable) if there are no suites.
calibration calibrate(const std::vector<recorded_suite>& recordings,
                      const bootstrap_options& options = {});

/// Returns the calibration as a Markdown page; `command` is the command that regenerates it.
std::string calibration_page(const calibration& result, const std::string& command);

}  // namespace crossover
