#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/measure/measure.hpp"

namespace crossover {

/// How a run goes on, for whoever shows it.
struct run_progress {
  std::size_t done = 0;   ///< repetitions measured
  std::size_t total = 0;  ///< repetitions in all
  double left_s = -1;     ///< estimated time left; negative while unknown
  std::string cell;       ///< what is measured now
};

struct run_options {
  std::uint32_t repetitions = 5;
  std::vector<std::string>
      benchmark_flags;        ///< `--benchmark_…` of the user, understood by Google Benchmark
  std::filesystem::path out;  ///< rewritten after each repetition; empty: nowhere
  std::function<void(const run_progress&)> progress;
};

/// How Google Benchmark's library says it was built, in its own JSON: "release" or "debug".
std::string google_benchmark_build_type();

/// Runs every runnable cell through Google Benchmark (filters, repetitions in random order,
/// aggregates, console table) and fills `all` with samples, findings, statuses. A cell that fails
/// is marked and the run goes on; an interrupt ends it early with what there is. Throws `error`
/// (invalid) for a benchmark flag that it does not know, `error` (unwritable).
void run_cells(const std::vector<planned_cell>& cells, results& all, const run_options& options,
               const measure_function& measure);

}  // namespace crossover
