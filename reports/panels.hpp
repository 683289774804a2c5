#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/statistics/interval.hpp"

namespace crossover {

/// The cells that differ only in model, cores and in flight: one workload with its parameters. Of a
/// foreign file: one family.
struct panel {
  std::string workload;
  std::map<std::string, std::string>
      parameters;                  ///< empty for a family, whose cells differ in theirs
  std::string label;               ///< "network bytes=64"
  std::vector<std::size_t> cells;  ///< indices into results::cells
};

/// The panels in order of first appearance.
std::vector<panel> panels_of(const results& value);

/// The metric's values over the cell's repetitions; those that were not measured are left out.
std::vector<double> values_of(const cell_result& cell, std::string_view metric_id);
std::optional<interval> interval_of(const cell_result& cell, std::string_view metric_id);

/// The model whose figures are a limit to the others rather than one of them.
inline constexpr std::string_view name_of_reference = "reference";

/// What a model does at best: the in-flight value with the highest mean throughput at this number
/// of cores.
struct ranked_cell {
  std::size_t cell = 0;  ///< index into results::cells
  interval throughput;
};

/// One standing a model at `cores`, the highest throughput first; `reference` included.
std::vector<ranked_cell> ranked_at(const results& value, const panel& of, std::uint32_t cores);

/// The core counts at which cells of the panel were measured, ascending.
std::vector<std::uint32_t> core_counts(const results& value, const panel& of);

}  // namespace crossover
