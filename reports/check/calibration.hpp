#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/check/calibration_bank.hpp"

namespace crossover {

/// How often something happened; its share and interval are Clopper and Pearson's.
struct proportion {
  unsigned times = 0;
  unsigned of = 0;
  void count(bool did) { times += did ? 1 : 0, ++of; }
};

/// A cell over all suites of a bank.
struct calibrated_cell {
  std::string name;
  unsigned blocks = 0;  ///< of identical code
  double mean = 0;      ///< of their log ratios
  double sd = 0;
  unsigned slower_blocks = 0;         ///< of suites that slowed this cell down
  std::optional<double> slower_mean;  ///< of their log ratios: what the injection really came to
  proportion found;                   ///< called a regression in those suites
};

/// What the gate did on suites that were played again.
struct replayed {
  std::string truth;
  proportion false_alarm;  ///< a cell that is not slower than tolerated was called a regression
  proportion found;        ///< the slower cell was called a regression; of 0 where there is none
  proportion slipped;      ///< the slower cell passed
  proportion passed;       ///< the suite passed
  double blocks = 0;       ///< a suite, on the average
};

/// What a bank says of the gate's error rates.
struct calibration {
  std::string machine, first_date, last_date;
  double tolerate = 0.01, detect = 0.05, false_alarms = 0.01, power = 0.95, slower = 0;
  std::size_t left_out = 0;  ///< suites of another machine, build or plan than the bank's last

  // Live, as measured.
  proportion false_alarm;  ///< suites of identical builds in which a cell was called a regression
  proportion passed;       ///< suites of identical builds that passed
  proportion false_alarm_beside;  ///< suites with a slower cell in which another cell was called a
                                  ///< regression
  proportion found;               ///< slower cells that were called a regression
  proportion
      found_where_seen;  ///< the same, of cells in whose time at least half of the added work was
                         ///< seen, over all their suites: elsewhere another than the program is the
                         ///< limit, its server say, and there is nothing to find
  proportion slipped;    ///< slower cells that passed
  double mean_wall_s = 0, longest_wall_s = 0, mean_blocks = 0;  ///< of a suite of identical builds
  std::vector<std::string> troubles;

  // The same traces, as if the old program had been measured first and the new one after it.
  proportion rank_flagged_cell;   ///< comparisons of identical code that the U-test flags at 5 %
  proportion rank_flagged_suite;  ///< suites of identical builds in which it flags a cell
  proportion rank_found;          ///< slower cells that it flags, as slower

  std::vector<calibrated_cell> cells;
  std::vector<replayed> replays;
};

struct replay_options {
  unsigned suites = 10'000;  ///< of each truth; 0: none is played
  std::uint64_t seed = 1;
  unsigned draws = 1'999;  ///< sign flips of each test, where they are not enumerated
};

/// Counts what the suites of a bank say, those that were measured as its last one was, and plays
/// their blocks again: a played suite draws each block at random, with replacement, from that
/// cell's banked blocks of identical code and gives it a fresh sign (under identical code both
/// signs are as likely, as the order of the arms is drawn), adds what the truth says, and goes
/// through the same gate. What blocks of a suite had in common is lost by that.
///
/// The U-test is given, of each cell's screen, the old arm's figures of the first half of the
/// blocks and the new arm's of the second: what would have been measured had one program's run of
/// the suite followed the other's. Repetitions are the figures of groups.
///
/// Throws `error` (unreadable) for an empty bank.
calibration calibrate(const std::vector<banked_suite>& bank, const replay_options& options = {});

/// The calibration as a page of Markdown; `command` is what makes it anew.
std::string calibration_page(const calibration& found, const std::string& command);

}  // namespace crossover
