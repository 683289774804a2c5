#include "reports/percentiles.hpp"

#include <array>

namespace crossover {
namespace {

constexpr std::array shares = {0.5,    0.6,    0.7,     0.75,    0.8,     0.85,     0.9,     0.925,
                               0.95,   0.97,   0.98,    0.99,    0.995,   0.998,    0.999,   0.9995,
                               0.9998, 0.9999, 0.99995, 0.99998, 0.99999, 0.999995, 0.999999};

}  // namespace

std::span<const double> curve_shares() { return shares; }

std::optional<latency_curve> latency_curve_of(const cell_result& cell,
                                              std::optional<latency_distribution> sample::*which) {
  latency_distribution merged;
  for (const sample& s : cell.samples)
    if (s.*which) merged.merge(*(s.*which));
  latency_curve curve;
  curve.count = merged.count();
  if (curve.count == 0) return std::nullopt;
  for (const double share : shares)
    if (static_cast<double>(curve.count) * (1 - share) >= 1 - 1e-9)
      curve.seconds.push_back(merged.quantile_ns(share) * 1e-9);
  curve.max_s = static_cast<double>(merged.max_ns) * 1e-9;
  return curve;
}

}  // namespace crossover
