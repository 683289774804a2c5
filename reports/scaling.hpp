#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/panels.hpp"
#include "reports/statistics/interval.hpp"

namespace crossover {

/// X(N) = rate · N / (1 + contention · (N − 1) + coherency · N · (N − 1))
///
/// with N cores and X operations per second. Amdahl's law (1967) has no coherency term. The
/// Universal Scalability Law is from Gunther, "Guerrilla Capacity Planning", 2007.
enum class scaling_law { amdahl, usl };
std::string_view to_string(scaling_law law);

/// One block: operations per second on this many cores.
struct scaling_point {
  double cores = 0;
  double throughput = 0;
};

/// A law fitted to one model's blocks, or the reason why there is no fit.
struct scaling_fit {
  std::string model;
  scaling_law law = scaling_law::amdahl;
  std::string missing;                ///< why there is no fit ("needs …"); empty if there is one
  interval rate;                      ///< operations per second on one core
  interval contention;                ///< the serial share, 0 … 1
  std::optional<interval> coherency;  ///< USL only
  /// Number of cores with the highest throughput. USL only, and only if the interval of coherency
  /// excludes 0.
  std::optional<interval> peak_cores;
  double from_cores = 0;  ///< fewest and most measured cores; beyond them the line extrapolates
  double to_cores = 0;
  std::array<double, 3> terms{};  ///< the fitted line: N/X = terms · (1, N − 1, N (N − 1))
};

/// Fits a law by least squares on the relative error of N / X, which is linear in the law's terms.
/// The weights are the fitted values, iterated until they converge. Intervals of ratios are
/// Fieller's (1954) with Student's t, cut at 0. Needs one more number of cores than the law has
/// terms (Amdahl 3, USL 4) and more blocks than that.
scaling_fit fit_scaling(scaling_law law, std::span<const scaling_point> points);

/// Fits both laws to each model of the panel, all at the same number in flight.
std::vector<scaling_fit> scaling_fits(const results& value, const panel& p);

}  // namespace crossover
