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

/// X(N) = rate · N / (1 + contention · (N − 1) + coherency · N · (N − 1)), N cores, X operations a
/// second. Amdahl's law (1967) has no coherency; the Universal Scalability Law is Gunther's
/// ("Guerrilla Capacity Planning", 2007).
enum class scaling_law { amdahl, usl };
std::string_view to_string(scaling_law law);

/// One repetition: what `cores` did.
struct scaling_point {
  double cores = 0;
  double throughput = 0;
};

/// A law fitted to one model's repetitions, or why it was not.
struct scaling_fit {
  std::string model;
  scaling_law law = scaling_law::amdahl;
  std::string missing;                ///< not empty: there is no fit, and this is what it lacks
  interval rate;                      ///< operations a second of one core
  interval contention;                ///< the serial share, 0 … 1
  std::optional<interval> coherency;  ///< USL alone
  std::optional<interval>
      peak_cores;  ///< USL alone, where the interval of coherency excludes 0: more cores do less
  double from_cores = 0;  ///< the cores that were measured; beyond them the line is a guess
  double to_cores = 0;
  std::array<double, 3> terms{};  ///< the fitted line: N/X = terms · (1, N − 1, N (N − 1))
};

/// Least squares on the relative error of N / X, which is linear in the law's terms; weighted by
/// the fitted values until they converge. The intervals of the ratios are Fieller's (1954) with
/// Student's t, bounds cut at 0. Needs one more number of cores than the law has terms (Amdahl 3,
/// USL 4) and more repetitions than that.
scaling_fit fit_scaling(scaling_law law, std::span<const scaling_point> points);

/// Both laws for each model of the panel, each at its best in flight.
std::vector<scaling_fit> scaling_fits(const results& value, const panel& of);

}  // namespace crossover
