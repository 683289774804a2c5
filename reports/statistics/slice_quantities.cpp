#include "reports/statistics/slice_quantities.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "reports/statistics/moments.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

std::vector<double> figures_of(std::span<const slice> slices, side which) {
  std::vector<double> figures;
  for (const slice& s : slices)
    if (s.which == which) figures.push_back(s.figure);
  if (figures.empty())
    throw error(error_kind::invalid, "no slice for one side of a block: run each side");
  return figures;
}

double log_mean(const std::vector<double>& figures) {
  const double mean = moments_of(figures).mean;
  if (!(mean > 0) || !std::isfinite(mean))
    throw error(error_kind::invalid, "total of a block: figures must be positive and finite");
  return std::log(mean);
}

double slow_share(const std::vector<double>& figures) {
  const double limit = slow_factor * robust_location(figures);
  const auto slow =
      std::count_if(figures.begin(), figures.end(), [&](double f) { return f > limit; });
  return static_cast<double>(slow) / static_cast<double>(figures.size());
}

}  // namespace

double total_log_ratio(std::span<const slice> slices) {
  return log_mean(figures_of(slices, side::candidate)) -
         log_mean(figures_of(slices, side::baseline));
}

side_shares slow_shares(std::span<const slice> slices) {
  return {slow_share(figures_of(slices, side::baseline)),
          slow_share(figures_of(slices, side::candidate))};
}

}  // namespace crossover
