#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bench/results/results.hpp"

namespace crossover {

/// Google Benchmark's part of the results document, as its JSON reporter spells it
/// (docs/user_guide.md, "Output Formats").

/// `context`: date, host, CPUs, load, library build type.
nlohmann::ordered_json benchmark_context(const results& value);

/// `benchmarks`: a row a repetition, `real_time` in ns of wall time an operation, our metrics as
/// counters; then the aggregates.
nlohmann::ordered_json benchmark_rows(const results& value);

/// Reads a plain Google Benchmark document: a benchmark is a cell without model, whose family is
/// the workload and whose arguments are parameters; repetitions become samples. Of a benchmark with
/// aggregates alone the mean (else the median) becomes one sample and the finding `aggregates_only`
/// says so. Throws `error` (unreadable).
results results_from_benchmark_rows(const nlohmann::json& document);

}  // namespace crossover
