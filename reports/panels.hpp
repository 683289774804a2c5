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

/// Cells that differ only in model, cores and in flight: one workload with its parameters. In a
/// foreign file: one benchmark family.
struct panel {
  std::string workload;
  std::map<std::string, std::string> parameters;  ///< empty for a family: its cells differ in them
  std::string label;                              ///< "network bytes=64"
  std::vector<std::size_t> cells;                 ///< indices into results::cells
};

/// Groups the cells into panels, in order of first appearance.
std::vector<panel> panels_of(const results& value);

/// Returns the metric's value for each repetition of the cell that measured it.
std::vector<double> values_of(const cell_result& cell, std::string_view metric_id);
/// The same, but the mean of each host if several hosts measured the cell: blocks of one host are
/// not replicates of the type of machine.
std::vector<double> independent_values_of(const cell_result& cell, std::string_view metric_id);
/// Returns the mean of the independent values with its interval. `n` counts the repetitions.
std::optional<interval> interval_of(const cell_result& cell, std::string_view metric_id);

/// The model that is a lower bound on cost. It is not ranked against the others.
inline constexpr std::string_view name_of_reference = "reference";

/// Returns the concurrency for comparing the models over cores: the one that has two or more models
/// at the largest number of core counts. The highest one wins a tie. nullopt if no cell has one.
std::optional<std::uint32_t> in_flight_over_cores(const results& value, const panel& p);

}  // namespace crossover
