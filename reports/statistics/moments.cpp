#include "reports/statistics/moments.hpp"

#include <cmath>
#include <numeric>

namespace crossover {

sample_moments moments_of(std::span<const double> values) {
  if (values.empty()) return {};
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double deviation = values.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
  return {values.size(), mean, deviation};
}

}  // namespace crossover
