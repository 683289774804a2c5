#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "bench/results/results.hpp"

namespace crossover {

/// Direction of a metric that is an improvement; `neither`: descriptive, not judged.
enum class better_direction { higher, lower, neither };

/// One figure of a sample. The table is the only list of metrics; summaries, pages, tables and
/// checks iterate over it.
struct metric {
  std::string_view id;     ///< name in JSON, flags and CSV: `throughput`
  std::string_view label;  ///< name for people: "throughput"
  std::string_view unit;   ///< unit of the figure: "1/s", "s", "bytes", "1" (ratio or count)
  better_direction better;
  /// Returns the figure, or nullopt if it was not measured (never 0).
  std::optional<double> (*extract)(const cell_result&, const sample&);
};

/// Returns all metrics, in the order of the tables.
std::span<const metric> all_metrics();

/// Returns the metric with this id, or nullptr.
const metric* find_metric(std::string_view id);

}  // namespace crossover
