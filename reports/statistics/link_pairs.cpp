#include "reports/statistics/link_pairs.hpp"

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <cmath>
#include <cstdint>
#include <map>

#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

/// Chance of calling a layout dominant that is not. A cell is looked at after every round.
constexpr double chance_level = 0.01;

std::map<std::uint64_t, std::vector<double>> by_round(std::span<const block> blocks) {
  std::map<std::uint64_t, std::vector<double>> rounds;
  for (const block& b : blocks) rounds[b.round].push_back(b.log_ratio);
  return rounds;
}

/// Mean squares of the two levels about a mean of `null`.
struct two_levels {
  double of_means = 0;  ///< of the pairs' means
  double within = 0;    ///< of the blocks within their pairs
  double noise = 0;     ///< part of `of_means` that comes from `within`
  double pairs = 0;
  double freedom = 0;  ///< degrees of freedom of `within`
};

two_levels analyse(std::span<const block> blocks, double null) {
  two_levels levels;
  double reciprocals = 0;
  for (const auto& [pair, log_ratios] : by_round(blocks)) {
    const sample_moments sample = moments_of(log_ratios);
    const auto n = static_cast<double>(sample.n);
    if (sample.n > 1) levels.within += (n - 1) * std::pow(sample.standard_deviation, 2);
    levels.freedom += n - 1;
    reciprocals += 1 / n;
    levels.of_means += std::pow(sample.mean - null, 2);
    ++levels.pairs;
  }
  if (levels.pairs > 0) levels.of_means /= levels.pairs;
  if (levels.freedom > 0) levels.within /= levels.freedom;
  if (levels.pairs > 0) levels.noise = levels.within * reciprocals / levels.pairs;
  return levels;
}

}  // namespace

std::vector<block> means_of_rounds(std::span<const block> blocks) {
  std::vector<block> means;
  for (const auto& [round, log_ratios] : by_round(blocks))
    means.push_back({moments_of(log_ratios).mean, round});
  return means;
}

link_scatter scatter_of(std::span<const block> blocks, double null) {
  const two_levels levels = analyse(blocks, null);
  return {std::sqrt(std::max(0.0, levels.of_means - levels.noise)), std::sqrt(levels.within)};
}

bool layout_dominates(std::span<const block> blocks, double null) {
  const two_levels levels = analyse(blocks, null);
  if (levels.freedom < levels.pairs) return false;
  if (levels.noise == 0) return levels.of_means > 0;
  const boost::math::fisher_f chance(levels.pairs, levels.freedom);
  return levels.of_means >= 2 * levels.noise * quantile(complement(chance, chance_level));
}

}  // namespace crossover
