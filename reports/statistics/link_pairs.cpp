#include "reports/statistics/link_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>

#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

std::map<std::uint64_t, std::vector<double>> by_round(std::span<const block> blocks) {
  std::map<std::uint64_t, std::vector<double>> rounds;
  for (const block& b : blocks) rounds[b.round].push_back(b.log_ratio);
  return rounds;
}

}  // namespace

std::vector<block> means_of_rounds(std::span<const block> blocks) {
  std::vector<block> means;
  for (const auto& [round, log_ratios] : by_round(blocks))
    means.push_back({moments_of(log_ratios).mean, round});
  return means;
}

link_scatter scatter_of(std::span<const block> blocks, double null) {
  const auto pairs = by_round(blocks);
  if (pairs.empty()) return {};
  double within = 0, between = 0, repeats = 0, reciprocals = 0;
  for (const auto& [pair, log_ratios] : pairs) {
    const sample_moments sample = moments_of(log_ratios);
    const auto n = static_cast<double>(sample.n);
    if (sample.n > 1) within += (n - 1) * std::pow(sample.standard_deviation, 2);
    repeats += n - 1;
    reciprocals += 1 / n;
    between += std::pow(sample.mean - null, 2);
  }
  const auto count = static_cast<double>(pairs.size());
  const double within_variance = repeats > 0 ? within / repeats : 0;
  const double between_variance = between / count - within_variance * reciprocals / count;
  return {std::sqrt(std::max(0.0, between_variance)), std::sqrt(within_variance)};
}

}  // namespace crossover
