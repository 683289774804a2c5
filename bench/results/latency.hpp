#pragma once

#include <cstdint>
#include <vector>

namespace crossover {

/// One bin of a latency distribution: `count` operations took from `lower_ns` (inclusive) to
/// `upper_ns` (exclusive).
struct latency_bin {
  std::uint64_t lower_ns = 0;
  std::uint64_t upper_ns = 0;
  std::uint64_t count = 0;
  bool operator==(const latency_bin&) const = default;
};

/// A distribution of latencies as it stands in a sample: bins in ascending order, none of them
/// empty, each at most 1/64 as wide as its lower bound, so that a value read from a bin's middle is
/// off by less than 1 %. Distributions whose bins have equal bounds can be merged without loss.
struct latency_distribution {
  std::vector<latency_bin> bins;
  std::uint64_t max_ns = 0;             ///< the largest value, exact
  double mean_ns = 0;                   ///< the mean of the values, exact
  std::uint64_t sampling_interval = 1;  ///< one operation in `every` was timed (more than 1 where a
                                        ///< clock reading would cost as much as the operation)

  /// How many operations were timed.
  std::uint64_t count() const;
  /// The value below which a share `q` (0 … 1) of the timed operations lies: the middle of its bin,
  /// or the exact maximum for the last value. NaN where nothing was timed.
  double quantile_ns(double q) const;
  /// Adds the other's values to these.
  void merge(const latency_distribution& other);
  bool operator==(const latency_distribution&) const = default;
};

}  // namespace crossover
