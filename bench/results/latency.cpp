#include "bench/results/latency.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace crossover {

std::uint64_t latency_distribution::count() const {
  return std::accumulate(bins.begin(), bins.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const latency_bin& bin) { return sum + bin.count; });
}

double latency_distribution::quantile_ns(double q) const {
  const std::uint64_t total = count();
  if (total == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto rank = static_cast<std::uint64_t>(
      std::clamp(std::ceil(q * static_cast<double>(total)), 1.0, static_cast<double>(total)));
  if (rank == total) return static_cast<double>(max_ns);
  std::uint64_t seen = 0;
  for (const latency_bin& bin : bins) {
    seen += bin.count;
    if (seen < rank) continue;
    const double middle =
        (static_cast<double>(bin.lower_ns) + static_cast<double>(bin.upper_ns)) / 2;
    return std::min(middle, static_cast<double>(max_ns));
  }
  return static_cast<double>(max_ns);
}

void latency_distribution::merge(const latency_distribution& other) {
  const auto own_count = static_cast<double>(count());
  const auto other_count = static_cast<double>(other.count());
  if (own_count + other_count > 0)
    mean_ns = (mean_ns * own_count + other.mean_ns * other_count) / (own_count + other_count);
  max_ns = std::max(max_ns, other.max_ns);
  sampling_interval = std::max(sampling_interval, other.sampling_interval);
  std::vector<latency_bin> merged;
  merged.reserve(bins.size() + other.bins.size());
  std::merge(bins.begin(), bins.end(), other.bins.begin(), other.bins.end(),
             std::back_inserter(merged),
             [](const latency_bin& a, const latency_bin& b) { return a.lower_ns < b.lower_ns; });
  bins.clear();
  for (const latency_bin& bin : merged) {
    if (!bins.empty() && bins.back().lower_ns == bin.lower_ns &&
        bins.back().upper_ns == bin.upper_ns)
      bins.back().count += bin.count;
    else
      bins.push_back(bin);
  }
}

}  // namespace crossover
