#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bench/results/results.hpp"

namespace crossover {

// Google Benchmark's part of the results document, in the format of its JSON reporter
// (docs/user_guide.md, "Output Formats").

/// Returns `context`: date, host, CPUs, load, library build type.
nlohmann::ordered_json benchmark_context(const results& value);

/// Returns `benchmarks`: one row per repetition (`real_time` in ns per operation, our metrics as
/// counters), then the aggregates.
nlohmann::ordered_json benchmark_rows(const results& value);

/// Reads a plain Google Benchmark document. A benchmark becomes a cell without a model: its family
/// is the workload, its arguments are parameters and its repetitions are samples. A benchmark with
/// only aggregates gives one sample, its mean or (without a mean) its median, and the finding
/// `aggregates_only`. Throws `error` (unreadable).
results results_from_benchmark_rows(const nlohmann::json& document);

}  // namespace crossover
