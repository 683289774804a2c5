#pragma once

#include <optional>
#include <vector>

#include "bench/results.hpp"

namespace crossover {

/// One point of a latency curve: the share (0 … 1) of the operations that took at most `seconds`.
struct percentile {
  double share = 0;
  double seconds = 0;
  bool operator==(const percentile&) const = default;
};

/// The percentiles of a cell's latencies (`&sample::latency` or `&sample::service`), merged over its repetitions, from the
/// median to the highest that as many operations can tell (a share q needs 1/(1-q) of them), then the maximum, which
/// stands at 1 - 1/count. Empty where nothing was timed.
std::vector<percentile> percentiles_of(const cell_result& cell, std::optional<latency_distribution> sample::* which);

}  // namespace crossover
