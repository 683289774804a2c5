#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "bench/results/results.hpp"

namespace crossover {

/// Which direction of a metric is an improvement; `neither` describes and is not judged.
enum class better_direction { higher, lower, neither };

/// One figure that can be read off a sample. The table is the only list of metrics: summaries,
/// pages, tables and checks go through it and know none by name.
struct metric {
  std::string_view id;     ///< in JSON, flags and CSV: `throughput`
  std::string_view label;  ///< for people: "throughput"
  std::string_view unit;  ///< of the extracted value: "1/s", "s", "bytes", "1" (a ratio or a count)
  better_direction better;
  /// The figure, or nothing where it was not measured (never 0 for absent).
  std::optional<double> (*extract)(const cell_result&, const sample&);
};

/// Every metric, in the order in which tables show them.
std::span<const metric> all_metrics();

/// The metric of this id, or nullptr.
const metric* find_metric(std::string_view id);

}  // namespace crossover
