#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/measure/plan.hpp"
#include "bench/results/results.hpp"
#include "tools/commands.hpp"

namespace crossover {

/// The run that a results file is about, for `--replay` and `--resume`.
class earlier_run {
 public:
  /// Reads the file. Throws `error` (unreadable) unless it was written by `crossover run`.
  explicit earlier_run(std::string file);

  const results& read() const { return read_; }
  /// Returns the cells of the file, planned for a machine, in its order. Throws `error`
  /// (unreadable) if this program or machine does not have the same cells, or if a cell starts a
  /// command that is not in `commands`.
  std::vector<planned_cell> cells(const machine& computer, const machine_limits& limits,
                                  const std::map<std::string, std::string>& endpoints,
                                  const string_list& commands) const;
  /// Throws `error` (unreadable) unless `programs` are those of the file's plan. Programs and
  /// servers are given again, because a file from elsewhere must not start any.
  void require_programs(const string_list& programs) const;
  /// Throws `error` (unreadable) unless the run can be continued here, with this fingerprint. The
  /// harness of a fleet may be another machine with the same build.
  void require_same_machine(const std::map<std::string, std::string>& environment) const;
  /// Throws `error` (unreadable) unless the blocks of the file are those of a fleet, or not.
  void require_fleet(bool has_fleet) const;

 private:
  [[noreturn]] void refuse(const std::string& problem) const;

  std::string file_;
  results read_;
};

/// Returns how two fingerprints differ in what a run must not change, as in "kernel '6.1', which is
/// '6.5' now"; "" if they do not.
std::string machine_difference(const std::map<std::string, std::string>& before,
                               const std::map<std::string, std::string>& now);

/// Returns the arguments with a space before each, quoted for a shell.
std::string shell_words(const string_list& arguments);

}  // namespace crossover
