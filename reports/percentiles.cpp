#include "reports/percentiles.hpp"

#include <array>

namespace crossover {
namespace {

constexpr std::array shares = {0.5,   0.6,    0.7,   0.75,   0.8,    0.85,    0.9,    0.925,   0.95,    0.97,
                               0.98,  0.99,   0.995, 0.998,  0.999,  0.9995,  0.9998, 0.9999,  0.99995, 0.99998,
                               0.99999, 0.999995, 0.999999};

}  // namespace

std::vector<percentile> percentiles_of(const cell_result& cell, std::optional<latency_distribution> sample::* which) {
  latency_distribution merged;
  for (const sample& s : cell.samples)
    if (s.*which) merged.merge(*(s.*which));
  const double count = static_cast<double>(merged.count());
  std::vector<percentile> points;
  if (count < 1) return points;
  for (const double share : shares)
    if (count * (1 - share) >= 1 - 1e-9) points.push_back({share, merged.quantile_ns(share) * 1e-9});
  points.push_back({1 - 1 / count, static_cast<double>(merged.max_ns) * 1e-9});
  return points;
}

}  // namespace crossover
