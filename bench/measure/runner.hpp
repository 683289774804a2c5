#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/measure/measure.hpp"

namespace crossover {

/// Progress of a run, for display.
struct run_progress {
  std::size_t done = 0;   ///< repetitions measured so far
  std::size_t total = 0;  ///< repetitions in all
  double left_s = -1;     ///< estimated time left; negative if unknown
  std::string cell;       ///< name of the cell being measured
};

struct run_options {
  std::uint32_t repetitions = 5;
  std::vector<std::string> benchmark_flags;  ///< the user's `--benchmark_…` flags; the filter is
                                             ///< matched here, the others are for Google Benchmark
  std::filesystem::path out;                 ///< rewritten after each repetition; empty: no file
  std::function<void(const run_progress&)> progress;
};

/// Returns Google Benchmark's own build type, as in its JSON: "release" or "debug".
std::string google_benchmark_build_type();

/// Runs every runnable cell through Google Benchmark (filters, repetitions in random order,
/// aggregates, console table) and fills `all` with samples, findings and statuses. A failed cell is
/// marked and the run continues; an interrupt ends the run and keeps the samples so far. Throws
/// `error` (invalid) for an unknown benchmark flag or a malformed filter, `error` (unwritable) if
/// the results cannot be written.
void run_cells(const std::vector<planned_cell>& cells, results& all, const run_options& options,
               const measure_function& measure);

}  // namespace crossover
