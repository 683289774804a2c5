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

/// Latency distribution of a sample: non-empty bins in ascending order, each at most 1/64 as wide
/// as its lower bound, so that a bin's middle is off by less than 1 %. Distributions with equal bin
/// bounds merge without loss.
struct latency_distribution {
  std::vector<latency_bin> bins;
  std::uint64_t max_ns = 0;             ///< largest value, exact
  double mean_ns = 0;                   ///< mean of the values, exact
  std::uint64_t sampling_interval = 1;  ///< one operation in N was timed

  /// Returns the number of timed operations.
  std::uint64_t count() const;
  /// Returns the quantile `q` (0 to 1) of the timed operations: the middle of its bin, or the exact
  /// maximum for the last value. NaN if no operation was timed.
  double quantile_ns(double q) const;
  /// Adds the values of `other`.
  void merge(const latency_distribution& other);
  bool operator==(const latency_distribution&) const = default;
};

}  // namespace crossover
