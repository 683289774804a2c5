#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/results/json_text.hpp"
#include "bench/results/results.hpp"

namespace crossover {

class sample_spool;

// Google Benchmark's part of the results document, in the format of its JSON reporter
// (docs/user_guide.md, "Output Formats").

/// Returns `context`: date, host, CPUs, load, library build type.
nlohmann::ordered_json benchmark_context(const results& value);

/// Returns the members of a repetition's row that are its own, as text of a document with this
/// indent: `real_time` in ns per operation, our metrics and the sample's counters.
std::string benchmark_figures(const cell_result& cell, const sample& measured, int indent);

/// Writes the rows of `benchmarks`: one per repetition, then the aggregates. `spool`: has
/// the figures of stored samples, or is null.
void write_benchmark_rows(json_writer& out, const results& value, int indent,
                          const sample_spool* spool);

/// Replaces NaN and infinities by null. Google Benchmark's JSON reporter writes them, for example
/// as the variation of a counter whose mean is 0, but they are not valid JSON.
void nulls_for_infinities(std::string& text);

/// Reads the rows of a plain Google Benchmark document. A benchmark becomes a cell without a model:
/// its family is the workload, its arguments are parameters and its repetitions are samples. A
/// benchmark with only aggregates gives one sample, its mean or (without a mean) its median, and
/// the finding `aggregates_only`.
class benchmark_rows_reader {
 public:
  /// Adds a row. Throws `error` (unreadable).
  void add(const nlohmann::json& row);
  /// Returns the results of all rows, with the document's context.
  results finish(const nlohmann::json& document);

 private:
  struct aggregate {
    sample value;
    bool is_mean = false;  ///< otherwise the median
  };
  std::unordered_map<std::string, std::size_t> index_;  ///< cell of a name
  std::vector<cell_result> cells_;
  std::unordered_map<std::size_t, aggregate> aggregates_;  ///< of cells without a repetition
};

}  // namespace crossover
