#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace crossover {

/// A mean over repetitions and its 95 % interval; the bounds are absent where a single repetition
/// allows none.
struct interval {
  double mean = 0;
  std::optional<double> lower;
  std::optional<double> upper;
  std::size_t n = 0;  ///< how many repetitions it rests on
};

/// The confidence level of every interval that a report shows.
inline constexpr double confidence = 0.95;

/// Half the width of a two-sided interval in standard errors: Student's t at `confidence`;
/// `degrees` above 0.
double t_quantile(double degrees);

/// Mean and t-interval of finite values; nothing without values.
std::optional<interval> mean_interval(std::span<const double> values);

/// The ratio of geometric means numerator/denominator with Welch's t-interval on the logarithms
/// (Welch 1947; degrees by Welch–Satterthwaite). The bounds are absent where either side has one
/// value. Nothing where a value is not above 0.
std::optional<interval> ratio_interval(std::span<const double> numerator,
                                       std::span<const double> denominator);

/// Whether two intervals share a value; nothing where either has no bounds.
std::optional<bool> overlap(const interval& a, const interval& b);

}  // namespace crossover
