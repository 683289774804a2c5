#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// Returns the names of the counters of a foreign benchmark, in alphabetical order.
std::vector<std::string> counter_names(const cell_result& cell);
/// Returns the names of all counters of a foreign file, in alphabetical order.
std::vector<std::string> counter_names(const results& value);

/// Returns a counter's finite values over the repetitions.
std::vector<double> counter_values(const cell_result& cell, const std::string& name);

/// Returns the unit of a counter: "1/s" and "bytes/s" for the rates of Google Benchmark, otherwise
/// "1".
std::string_view counter_unit(std::string_view name);

}  // namespace crossover
