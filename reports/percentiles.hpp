#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// Percentiles of a latency curve as shares (0 … 1), ascending from the median.
std::span<const double> curve_shares();

/// Latency distribution of a cell, merged over its repetitions.
struct latency_curve {
  std::uint64_t count = 0;  ///< number of timed operations
  /// Latencies at the first `curve_shares`. A share q needs at least 1/(1-q) operations.
  std::vector<double> seconds;
  double max_s = 0;  ///< the slowest operation, at the share 1 - 1/count
};

/// Merges `&sample::latency` or `&sample::service`; nullopt if no operation was timed.
std::optional<latency_curve> latency_curve_of(const cell_result& cell,
                                              std::optional<latency_distribution> sample::*which);

}  // namespace crossover
