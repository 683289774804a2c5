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

/// Parses a subcommand's words. True when it should run; false when its help was printed. Words
/// that begin with
/// `--benchmark_` are put into `benchmark_flags` where that is given. Throws `error` (invalid) with
/// the nearest flag.
bool parse(CLI::App& app, const string_list& arguments, string_list* benchmark_flags = nullptr);

/// The choice of cells, as `run` and `list` take it.
struct selection {
  string_list workloads, models;
  std::vector<std::uint32_t> cores, in_flight;
  double rate = 0;
  std::string suite_name;
  bool quick = false, thorough = false;

  void add_to(CLI::App& app);
  /// The suite that the flags name; the standard one if none.
  const suite& chosen_suite() const;
  /// The suite's matrices, or one of the named workloads and models: what is not named is the
  /// default (all models, the standard cores, 64 in flight).
  std::vector<matrix> matrices(const machine& here) const;
  /// The choice as flags again, for another program's `list`. Where they choose no cells by
  /// themselves, as --cores alone, they are of `otherwise`'s suite; none where nothing was chosen.
  string_list flags(const std::string& otherwise) const;
};

}  // namespace crossover
