#pragma once

#include <cstddef>
#include <span>

namespace crossover {

/// Mean and scatter of a sample.
struct sample_moments {
  std::size_t n = 0;
  double mean = 0;                ///< 0 if the sample is empty
  double standard_deviation = 0;  ///< with divisor n - 1; 0 if n < 2
};

/// Computes the moments of finite values.
sample_moments moments_of(std::span<const double> values);

}  // namespace crossover
