#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bench/results/results.hpp"
#include "tools/command_line.hpp"
#include "tools/fleet_flags.hpp"

namespace crossover {

/// Flags of `run` as given on the command line; 0 stands for the suite's value.
struct run_flags {
  selection cells;
  fleet_flags fleet;
  string_list endpoints, benchmark_flags;
  double budget_s = 0, equal = 0.05, seconds = 0, grace_s = 20;
  std::uint32_t repetitions = 0;
  std::optional<std::uint64_t> seed;
  std::string launcher, out = "results.json", trace;
  std::string replay, resume;  ///< results files
  bool force = false;

  void add_to(CLI::App& app);
  /// Returns the file of `--replay` or `--resume`; "" without them.
  const std::string& earlier_file() const { return resume.empty() ? replay : resume; }
  /// Throws `error` (invalid) if a flag is given that the file of `--replay` or `--resume` decides.
  void require_no_others(const CLI::App& app) const;
  /// Returns the flags that start programs or name servers, with their values but no passwords.
  string_list programs() const;
  /// Returns the commands of `--workload command:run=COMMAND`.
  string_list workload_commands() const;
  /// Returns the settings of the run, with the values of the suite.
  run_settings plan_for(const suite& chosen) const;
};

/// Masks the password of a URL in `text`, because results are shared.
std::string without_password(const std::string& text);

/// Parses `--endpoint` values, by workload. If `connects`, it connects to each server once, so that
/// a bad address is reported before anything is measured. Cells on another machine may reach a
/// server that this one does not. Throws `error` (invalid).
std::map<std::string, std::string> parse_endpoints(const string_list& texts, bool connects);

}  // namespace crossover
