#pragma once

#include <array>
#include <string>

#include "bench/measure/name_filter.hpp"
#include "bench/results/results.hpp"
#include "tools/check/links.hpp"

namespace crossover {

/// Returns the benchmarks of two Google Benchmark programs that the filter keeps, as cells without
/// samples. Both programs start at the same time. Throws `error` (unreadable) if one of them, or of
/// their links, does not list benchmarks within `timeout_s`, or if the links of a side list
/// different ones; and `interrupted`.
std::array<results, 2> list_benchmarks(const side_links& programs, const name_filter& filter,
                                       double timeout_s);

}  // namespace crossover
