#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/measure/name_filter.hpp"
#include "bench/measure/plan.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// Returns how the installed Google Benchmark library was built, as it reports in its JSON:
/// "release" or "debug".
std::string google_benchmark_build_type();

/// The user's `--benchmark_…` flags, and the reporters of the Google Benchmark library. The
/// library receives measured samples as manual times, one repetition per block; it measures
/// nothing.
class google_benchmark {
 public:
  /// Throws `error` (invalid) for a flag that the library does not know or a malformed filter.
  explicit google_benchmark(std::vector<std::string> flags);

  /// Number of blocks requested with `--benchmark_repetitions`.
  std::optional<std::uint32_t> repetitions() const;
  /// Returns true if only the names of the cells are requested (`--benchmark_list_tests`).
  bool lists_only() const;
  /// Returns true if the library writes to standard output (`--benchmark_format` and similar).
  bool prints() const;
  /// Filter of the cells by name (`--benchmark_filter`). It is matched with RE2, because the
  /// library's matcher may backtrack forever.
  const name_filter& filter() const { return filter_; }

  /// Passes the samples to the library's reporters, which print and write as the flags request.
  /// Stores the library's aggregates in `all`. Returns false if `--benchmark_out` could not be
  /// written in full.
  bool report(results& all) const;

 private:
  bool has(std::string_view name) const;
  std::optional<std::string> value_of(std::string_view name) const;

  std::vector<std::string> flags_;
  name_filter filter_;
};

}  // namespace crossover
