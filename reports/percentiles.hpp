#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// The shares (0 … 1) of the operations at which a latency curve has its points, ascending from the
/// median.
std::span<const double> curve_shares();

/// The latencies of a cell (`&sample::latency` or `&sample::service`), merged over its repetitions.
struct latency_curve {
  std::uint64_t count = 0;      ///< how many operations were timed
  std::vector<double> seconds;  ///< at the first of `curve_shares`: as many as that many operations
                                ///< can tell (a share q needs 1/(1-q))
  double max_s = 0;             ///< the slowest, at the share 1 - 1/count
};

/// Nothing where nothing was timed.
std::optional<latency_curve> latency_curve_of(const cell_result& cell,
                                              std::optional<latency_distribution> sample::*which);

}  // namespace crossover
