#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/check/error_rates.hpp"
#include "reports/check/gate.hpp"
#include "reports/check/judged_quantities.hpp"

namespace crossover {

/// A recorded block: its slices in order of time, and what the gate judges of them.
struct recorded_block {
  std::vector<slice> slices;
  block_record record;
};

/// Returns the block with these slices, in groups of four (ABBA or BAAB).
recorded_block recorded(std::vector<slice> slices, side_shares failed_operations = {});

struct recorded_cell {
  std::string name;
  verdict outcome = verdict::inconclusive;
  bool is_improved = false;  ///< it was called improved
  std::optional<double> adjusted_p;
  double block_s = 0;
  std::vector<recorded_block> screen, confirm;  ///< in order of time
};

/// One measured suite: a build against itself, possibly with one cell slowed down on purpose.
struct recorded_suite {
  std::string date;     ///< start of the suite, ISO 8601
  std::string machine;  ///< one line of text
  std::string
      program;  ///< digest of the two programs; suites with different digests are never mixed
  unsigned links = 1;  ///< of each program
  std::uint64_t seed = 0;
  error_rates rates;
  std::string slower_cell;  ///< "": none, the builds are identical
  double slower = 0;        ///< percentage of work added to that cell's operations in the candidate
  double wall_s = 0;
  std::vector<recorded_cell> cells;
  std::vector<std::string> failures;  ///< cells that failed in a block, with the reason
};

/// Returns one line of JSON without line end. Figures of slices keep 7 digits.
std::string to_line(const recorded_suite& suite);
/// Parses such a line. Throws `error` (unreadable) that names the missing member.
recorded_suite suite_from_line(std::string_view line);

/// Reads all files `*.jsonl` in `directory` in the order of their names, one suite per line. A last
/// line without line end was truncated by a crash and is ignored. Returns no suites if there is no
/// such directory. Throws `error` (unreadable) naming file and line.
std::vector<recorded_suite> read_recordings(const std::filesystem::path& directory);

/// Appends a suite to suites.jsonl in a single write and waits until it is on disk. Creates the
/// directory if needed, and first ends a truncated last line. Throws `error` (unwritable).
void append_recording(const std::filesystem::path& directory, const recorded_suite& suite);

}  // namespace crossover
