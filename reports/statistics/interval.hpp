#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace crossover {

/// Mean over repetitions with its 95 % interval; no bounds if there is a single repetition.
struct interval {
  double mean = 0;
  std::optional<double> lower;
  std::optional<double> upper;
  std::size_t n = 0;  ///< number of repetitions
};

/// Confidence level of every interval in a report.
inline constexpr double confidence = 0.95;

/// Half width of a two-sided interval in standard errors: Student's t at `confidence`, for
/// `degrees` > 0.
double t_quantile(double degrees);

/// Returns mean and t-interval of finite values; nullopt without values. If all values are positive
/// and the interval is not, it is that of the mean's logarithm. A positive quantity thus has
/// positive bounds.
std::optional<interval> mean_interval(std::span<const double> values);

/// Returns the ratio of geometric means numerator/denominator with Welch's t-interval on the
/// logarithms (Welch 1947; degrees by Welch–Satterthwaite). No bounds if a side has one value;
/// nullopt if any value is not above 0.
std::optional<interval> ratio_interval(std::span<const double> numerator,
                                       std::span<const double> denominator);

}  // namespace crossover
