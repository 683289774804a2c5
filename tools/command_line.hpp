#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>
#include <vector>

#include "bench/measure/machine.hpp"
#include "bench/measure/plan.hpp"
#include "bench/measure/suites.hpp"
#include "tools/commands.hpp"

namespace crossover {

/// Parses the arguments of a subcommand. Returns false if its help was printed instead. Arguments
/// that begin with `--benchmark_` go to `benchmark_flags`, if given. Throws `error` (invalid) that
/// names the nearest flag.
bool parse(CLI::App& app, const string_list& arguments, string_list* benchmark_flags = nullptr);

/// Parses a share: "5%" or "0.05". Throws `error` (invalid) that names the flag.
double share_of(const char* flag, const std::string& text);

/// Parses "5min", "90s" or "1h" to seconds. Throws `error` (invalid) that names the flag.
double seconds_of(const char* flag, const std::string& text);

/// The flags that select cells, shared by `run`, `list` and `check`.
struct selection {
  string_list workloads, models;
  std::vector<std::uint32_t> cores, in_flight;
  double rate = 0;
  std::string suite_name;
  bool quick = false, thorough = false;

  /// `group`: heading in the help; "" hides the flags from it.
  void add_to(CLI::App& app, const std::string& group = "Options");
  /// Returns the suite that the flags name, or the standard one.
  const suite& chosen_suite() const;
  /// Returns the suite's matrices. If workloads or models are named, returns one matrix of them;
  /// defaults: every workload, every model, the standard core counts, 64 in flight.
  std::vector<matrix> matrices(const machine& computer) const;
  /// Returns the selection as flags for another program's `list`. If the flags only narrow a suite
  /// (such as --cores), `--suite fallback` is added. Empty if nothing was selected.
  string_list flags(const std::string& fallback) const;
};

}  // namespace crossover
