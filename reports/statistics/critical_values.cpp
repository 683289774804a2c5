#include "reports/statistics/critical_values.hpp"

#include <boost/math/distributions/students_t.hpp>

namespace crossover {

double student_critical_value(double degrees, double tail) {
  return boost::math::quantile(boost::math::complement(boost::math::students_t(degrees), tail));
}

double joint_critical_value(double degrees, unsigned comparisons, double confidence) {
  return student_critical_value(degrees, (1 - confidence) / 2 / comparisons);
}

}  // namespace crossover
