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
  /// Returns the cells of the file, planned for this machine, in its order. Throws `error`
  /// (unreadable) if this program or machine has not the same cells, or if a cell starts a command
  /// that is none of `commands`.
  std::vector<planned_cell> cells(const machine& computer,
                                  const std::map<std::string, std::string>& endpoints,
                                  const string_list& commands) const;
  /// Throws `error` (unreadable) unless `programs` are those of the file's plan. Programs and
  /// servers are given again, because a file from elsewhere must not start any.
  void require_programs(const string_list& programs) const;
  /// Throws `error` (unreadable) unless the run can be continued here, with this fingerprint.
  void require_same_machine(const std::map<std::string, std::string>& environment) const;

 private:
  [[noreturn]] void refuse(const std::string& problem) const;

  std::string file_;
  results read_;
};

/// Returns the words with a space before each, as a shell reads them.
std::string shell_words(const string_list& words);

}  // namespace crossover
