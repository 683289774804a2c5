#include "reports/statistics/power.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "reports/statistics/sign_flip.hpp"

namespace crossover {
namespace {

constexpr unsigned max_blocks = 1000;
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

double sign_flip_power(unsigned blocks, double sd, double shift, double level) {
  // Beyond 50 blocks the attained level no longer changes.
  const double patterns = std::ldexp(1.0, static_cast<int>(std::min(blocks, 50u)));
  const double rejecting = std::floor(level * patterns + 1e-9);
  if (blocks < 2 || rejecting < 1 || !(shift > 0)) return 0;
  if (!(sd > shift * 1e-3)) return 1;
  if (rejecting < 8) return std::pow(cdf(boost::math::normal(), shift / sd), blocks);
  const double freedom = blocks - 1;
  const double centre = shift * std::sqrt(blocks) / sd;
  if (centre > 30) return 1;  // to double precision, without summing the series
  const double critical =
      quantile(complement(boost::math::students_t(freedom), rejecting / patterns));
  return cdf(complement(boost::math::non_central_t(freedom, centre), critical));
}

std::optional<unsigned> blocks_for_power(double sd, double shift, double level, double power) {
  unsigned enough = blocks_for_level(level);
  if (sign_flip_power(enough, sd, shift, level) >= power) return enough;
  unsigned too_few = enough;
  do {
    too_few = enough;
    enough *= 2;
    if (too_few >= max_blocks) return std::nullopt;
  } while (sign_flip_power(enough, sd, shift, level) < power);
  while (enough - too_few > 1) {
    const unsigned middle = (enough + too_few) / 2;
    (sign_flip_power(middle, sd, shift, level) >= power ? enough : too_few) = middle;
  }
  return enough <= max_blocks ? std::optional(enough) : std::nullopt;
}

double visible_shift(unsigned blocks, double sd, double level, double power) {
  if (blocks < blocks_for_level(level)) return infinity;
  double hidden = 0, visible = sd > 0 ? sd / 16 : 1e-6;
  while (sign_flip_power(blocks, sd, visible, level) < power) {
    hidden = visible;
    visible *= 2;
    if (visible > 1e3) return infinity;
  }
  for (int halving = 0; halving < 40; ++halving) {
    const double middle = (hidden + visible) / 2;
    (sign_flip_power(blocks, sd, middle, level) >= power ? visible : hidden) = middle;
  }
  return visible;
}

double sd_at_most(double sd, unsigned blocks, double confidence) {
  if (blocks < 2) return infinity;
  const double freedom = blocks - 1;
  return sd * std::sqrt(freedom / quantile(boost::math::chi_squared(freedom), 1 - confidence));
}

}  // namespace crossover
