#pragma once

#include <cstdint>

#include "bench/results/results.hpp"

namespace crossover {

/// Returns the cost of one clock reading in ns: the minimum over five batches.
double clock_reading_ns();

/// Returns a sampling interval: 1 if a clock reading costs at most 2 % of an operation, otherwise
/// the power of 2 that keeps the cost of two readings below 2 %, at most 1024. In the given sample,
/// of a cell with this many cores, every operation was timed.
std::uint32_t sampling_interval_for(const sample& s, std::uint32_t cores);

}  // namespace crossover
