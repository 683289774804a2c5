#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/check/gate.hpp"

namespace crossover {

/// A block as the bank keeps it: its log ratio, and of each arm the figure of every group of four
/// slices (the geometric mean of the arm's two), in order of time.
struct banked_block {
  double log_ratio = 0;
  std::vector<double> old_figures, new_figures;
};

struct banked_cell {
  std::string name;
  verdict outcome = verdict::inconclusive;
  std::optional<double> adjusted_p;
  double block_s = 0;
  std::vector<banked_block> screen, confirm;  ///< in order of time
};

/// One suite that was measured: of a build against itself, or against itself with one cell slowed
/// down on purpose.
struct banked_suite {
  std::string date;     ///< ISO 8601, when it began
  std::string machine;  ///< in one line
  std::string program;  ///< a digest of the two programs, which tells bundles of suites apart that
                        ///< must not be mixed
  std::uint64_t seed = 0;
  double tolerate = 0.01, detect = 0.05, false_alarms = 0.01, power = 0.95;
  std::string slower_cell;  ///< "": identical
  double slower = 0;        ///< percent of work added to that cell's operations in the new arm
  double wall_s = 0;
  std::vector<banked_cell> cells;
  std::vector<std::string> troubles;  ///< cells that failed in a block, and how
};

/// One line of JSON, without its end of line. Log ratios keep 9 digits, figures 7.
std::string to_line(const banked_suite& suite);
/// Throws `error` (unreadable) that says what is missing.
banked_suite suite_from_line(std::string_view line);

/// A bank is a directory whose files `*.jsonl` have a suite a line, in the order of their names. A
/// last line without its end was cut off by a crash and is left out. No directory is an empty bank.
/// Throws `error` (unreadable) that names file and line.
std::vector<banked_suite> read_bank(const std::filesystem::path& directory);

/// Appends a suite to suites.jsonl in one write, makes the directory if need be, and returns once
/// it is on the disk; a line that was cut off before is closed first. Throws `error` (unwritable).
void append_to_bank(const std::filesystem::path& directory, const banked_suite& suite);

}  // namespace crossover
