#pragma once

namespace crossover {

/// An estimate with Student's t distribution.
struct t_estimate {
  double value = 0;
  double standard_error = 0;  ///< above 0
  double degrees = 1;         ///< degrees of freedom, above 0
};

/// Returns the one-sided p-value of "the true value is at most `null`".
double p_above(const t_estimate& estimate, double null);

/// Returns the distance from the value to each of its one-sided bounds at `level`.
double bound_distance(const t_estimate& estimate, double level);

/// Returns the degrees of freedom of a difference of means, each with its variance and degrees
/// (Welch 1947; Satterthwaite).
double welch_degrees(double variance_a, double degrees_a, double variance_b, double degrees_b);

/// Returns the smallest shift above the null, in standard errors, that a test at `level` detects
/// with this power.
double detectable_shift(double degrees, double level, double power);

}  // namespace crossover
