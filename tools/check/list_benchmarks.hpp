#pragma once

#include <array>
#include <string>

#include "bench/measure/name_filter.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// Returns the benchmarks of two Google Benchmark programs that the filter keeps, as cells without
/// samples. Both programs start at the same time. Throws `error` (unreadable) if one of them does
/// not list benchmarks within `timeout_s`, and `interrupted`.
std::array<results, 2> list_benchmarks(const std::array<std::string, 2>& programs,
                                       const name_filter& filter, double timeout_s);

}  // namespace crossover
