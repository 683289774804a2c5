#include "reports/statistics/t_estimate.hpp"

#include <boost/math/distributions/students_t.hpp>

#include "reports/statistics/critical_values.hpp"

namespace crossover {

double p_above(const t_estimate& estimate, double null) {
  const boost::math::students_t distribution(estimate.degrees);
  return cdf(complement(distribution, (estimate.value - null) / estimate.standard_error));
}

double bound_distance(const t_estimate& estimate, double level) {
  return student_critical_value(estimate.degrees, level) * estimate.standard_error;
}

double welch_degrees(double variance_a, double degrees_a, double variance_b, double degrees_b) {
  const double variance = variance_a + variance_b;
  return variance * variance /
         (variance_a * variance_a / degrees_a + variance_b * variance_b / degrees_b);
}

double detectable_shift(double degrees, double level, double power) {
  return student_critical_value(degrees, level) + student_critical_value(degrees, 1 - power);
}

}  // namespace crossover
