#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/check/recordings.hpp"

namespace crossover {

/// Counts of an event; Clopper and Pearson give its share and interval.
struct proportion {
  unsigned times = 0;
  unsigned of = 0;
  void count(bool did) { times += did ? 1 : 0, ++of; }
};

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

/// Outcome of the gate on simulated suites.
struct bootstrap_result {
  std::string scenario;
  proportion false_alarm;  ///< a cell within tolerance was called a regression
  proportion found;        ///< the slower cell was called a regression; `of` is 0 if there is none
  proportion missed;       ///< the slower cell passed
  proportion passed;       ///< the suite passed
  double blocks = 0;       ///< mean per suite
};

/// Error rates of the gate, estimated from recorded suites.
struct calibration {
  std::string machine, first_date, last_date;
  double tolerate = 0.01, detect = 0.05, false_alarms = 0.01, power = 0.95, slower = 0;
  std::size_t left_out = 0;  ///< suites whose machine, build or plan differs from the last one's

  // Live, as measured.
  proportion false_alarm;  ///< suites of identical builds in which a cell was called a regression
  proportion passed;       ///< suites of identical builds that passed
  proportion false_alarm_elsewhere;  ///< suites with a slower cell in which another cell was called
                                     ///< a regression
  proportion found;                  ///< slower cells that were called a regression
  proportion
      found_if_injection_visible;  ///< the same, only for cells whose measured slowdown is at least
                                   ///< half of the added work. In other cells something else is the
                                   ///< limit, such as the server, and there is nothing to find
  proportion missed;               ///< slower cells that passed
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

struct bootstrap_options {
  unsigned suites = 10'000;  ///< suites per scenario; 0: no resampling
  std::uint64_t seed = 1;
  unsigned draws = 1'999;  ///< sign flips per test, unless they are enumerated
};

/// Counts the outcomes of the suites that were measured like the last one, then resamples their
/// blocks (bootstrap). A simulated suite draws each block with replacement from that cell's
/// recorded blocks of identical code and gives it a random sign: for identical code both signs are
/// equally likely, because the order of the arms is random. It adds the scenario's shift and runs
/// the same gate. Effects shared by the blocks of one suite are lost.
///
/// For each cell's screen, the U-test compares the baseline's figures from the first half of the
/// blocks with the candidate's from the second half, as if one program's run of the suite had
/// followed the other's. Figures of groups serve as repetitions.
///
/// Throws `error` (unreadable) if there are no suites.
calibration calibrate(const std::vector<recorded_suite>& recordings,
                      const bootstrap_options& options = {});

/// Returns the calibration as a Markdown page; `command` is the command that regenerates it.
std::string calibration_page(const calibration& found, const std::string& command);

}  // namespace crossover
