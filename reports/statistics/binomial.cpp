#include "reports/statistics/binomial.hpp"

#include <boost/math/distributions/binomial.hpp>

namespace crossover {

counted_share clopper_pearson(unsigned hits, unsigned trials, double confidence) {
  using exact = boost::math::binomial_distribution<double>;
  if (trials == 0) return {0, 0, 1};
  const double tail = (1 - confidence) / 2;
  const double n = trials, k = hits;
  return {k / n, hits == 0 ? 0 : exact::find_lower_bound_on_p(n, k, tail),
          hits == trials ? 1 : exact::find_upper_bound_on_p(n, k, tail)};
}

}  // namespace crossover
