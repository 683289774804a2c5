#include "reports/statistics/regimes.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "reports/statistics/binomial.hpp"
#include "reports/statistics/flip_patterns.hpp"
#include "reports/statistics/median.hpp"
#include "reports/statistics/sign_flip.hpp"

namespace crossover {
namespace {

constexpr std::size_t fewest_blocks = 5;  // below, any two groups explain normal noise well
constexpr unsigned simulated_samples = 999;
constexpr double level_of_groups = 0.01;

void require_share(double share) {
  if (!(share > 0 && share < 1))
    throw std::invalid_argument("share of a regime: must be between 0 and 1");
}

std::vector<double> distances_from_median(std::span<const double> values) {
  const double median = median_of({values.begin(), values.end()});
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - median));
  return distances;
}

struct grouping {
  double threshold = 0;  ///< the far group is above it
  double rest = 1;       ///< sum of squares within the groups, as a share of the total
};

grouping best_grouping(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const double total = squares - sum * sum / n;
  grouping best;
  if (!(total > 0)) return best;
  double below = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    below += values[i - 1];
    const double k = static_cast<double>(i);
    const double within = squares - below * below / k - (sum - below) * (sum - below) / (n - k);
    if (within / total < best.rest) best = {(values[i - 1] + values[i]) / 2, within / total};
  }
  return best;
}

double normal_from(flip_stream& stream) {
  const double radius = std::sqrt(-2 * std::log1p(-stream.uniform()));
  return radius * std::cos(2 * std::numbers::pi * stream.uniform());
}

/// Returns whether at most 1 % of samples of normal noise are split at least as well.
bool is_beyond_noise(double rest, std::size_t blocks) {
  flip_stream stream(blocks);
  std::vector<double> values(blocks);
  const auto allowed = static_cast<unsigned>(level_of_groups * (1 + simulated_samples));
  unsigned as_extreme = 1;
  for (unsigned i = 0; i < simulated_samples && as_extreme <= allowed; ++i) {
    for (double& value : values) value = normal_from(stream);
    as_extreme += best_grouping(distances_from_median(values)).rest <= rest;
  }
  return as_extreme <= allowed;
}

}  // namespace

double unseen_share(std::size_t blocks, double confidence) {
  if (blocks == 0) return 1;
  return 1 - std::pow(1 - confidence, 1 / static_cast<double>(blocks));
}

std::size_t blocks_to_meet(double share, double confidence) {
  require_share(share);
  const double blocks = std::log1p(-confidence) / std::log1p(-share);
  return static_cast<std::size_t>(std::max(1.0, std::ceil(blocks - 1e-9)));
}

std::size_t blocks_to_show(double share, double level, unsigned cells, double power) {
  require_share(share);
  const double needed = blocks_for_level(level, cells);
  auto blocks = static_cast<std::size_t>(needed);
  const auto chance = [&] {
    return cdf(
        complement(boost::math::binomial_distribution<double>(static_cast<double>(blocks), share),
                   needed - 1));
  };
  while (chance() < power) ++blocks;
  return blocks;
}

std::optional<two_regimes> regimes_in(std::span<const double> log_ratios) {
  if (log_ratios.size() < fewest_blocks) return std::nullopt;
  const std::vector<double> distances = distances_from_median(log_ratios);
  const grouping best = best_grouping(distances);
  if (!is_beyond_noise(best.rest, log_ratios.size())) return std::nullopt;
  const double median = median_of({log_ratios.begin(), log_ratios.end()});
  two_regimes found;
  double near_distance = 0, far_distance = 0, near_sum = 0;
  for (std::size_t i = 0; i < log_ratios.size(); ++i) {
    if (distances[i] <= best.threshold) {
      near_distance += distances[i];
      near_sum += log_ratios[i];
      continue;
    }
    far_distance += distances[i];
    ++(log_ratios[i] > median ? found.slower_blocks : found.faster_blocks);
  }
  const double far = static_cast<double>(found.slower_blocks + found.faster_blocks),
               near = static_cast<double>(log_ratios.size()) - far;
  found.near = near_sum / near;
  found.gap = far_distance / far - near_distance / near;
  return found;
}

double upper_bound(const two_regimes& regimes, std::size_t blocks, double level) {
  const auto share = [&](std::size_t hits) {
    return clopper_pearson(static_cast<unsigned>(hits), static_cast<unsigned>(blocks), 1 - level);
  };
  const double excess = share(regimes.slower_blocks).upper - share(regimes.faster_blocks).lower;
  return regimes.near + regimes.gap * std::max(0.0, excess);
}

}  // namespace crossover
