#include "reports/statistics/link_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

std::map<std::size_t, std::vector<double>> by_pair(std::span<const paired_block> blocks) {
  std::map<std::size_t, std::vector<double>> pairs;
  for (const paired_block& b : blocks) pairs[b.pair].push_back(b.log_ratio);
  return pairs;
}

}  // namespace

std::vector<block> blocks_of_pairs(std::span<const paired_block> blocks) {
  std::vector<block> means;
  for (const auto& [pair, log_ratios] : by_pair(blocks))
    means.push_back({moments_of(log_ratios).mean, pair});
  return means;
}

link_scatter scatter_of(std::span<const paired_block> blocks) {
  const auto pairs = by_pair(blocks);
  if (pairs.size() < 2 || blocks.size() <= pairs.size()) return {};
  const double total = static_cast<double>(blocks.size());
  double sum = 0, squared_sizes = 0;
  for (const auto& [pair, log_ratios] : pairs) {
    const sample_moments sample = moments_of(log_ratios);
    sum += sample.mean * static_cast<double>(sample.n);
    squared_sizes += std::pow(static_cast<double>(sample.n), 2);
  }
  double within = 0, between = 0;
  for (const auto& [pair, log_ratios] : pairs) {
    const sample_moments sample = moments_of(log_ratios);
    const double n = static_cast<double>(sample.n);
    within += (n - 1) * std::pow(sample.standard_deviation, 2);
    between += n * std::pow(sample.mean - sum / total, 2);
  }
  const double groups = static_cast<double>(pairs.size());
  const double within_variance = within / (total - groups);
  const double mean_size = (total - squared_sizes / total) / (groups - 1);
  const double between_variance = (between / (groups - 1) - within_variance) / mean_size;
  return {std::sqrt(std::max(0.0, between_variance)), std::sqrt(within_variance)};
}

double sd_of_mean(const link_scatter& scatter, std::size_t pairs, std::size_t blocks_per_pair) {
  const double variance = std::pow(scatter.between_pairs, 2) +
                          std::pow(scatter.within_pair, 2) / static_cast<double>(blocks_per_pair);
  return std::sqrt(variance / static_cast<double>(pairs));
}

}  // namespace crossover
