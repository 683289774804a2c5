#include "reports/statistics/sign_flip.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "reports/statistics/flip_patterns.hpp"

namespace crossover {
namespace {

/// Sums of the same values in another order differ in their last bits; such sums count as equal.
double tie_width(std::span<const double> values, double null) {
  double total = 0;
  for (const double value : values) total += std::abs(value - null);
  return total * 1e-12;
}

std::vector<double> subset_means(std::span<const double> values, const flip_options& options) {
  const auto n = static_cast<unsigned>(values.size());
  std::vector<double> means;
  if (n <= options.enumerate_up_to) {
    means.reserve((std::size_t{1} << n) - 1);
    double sum = 0;
    int count = 0;
    each_flip_pattern(n, [&](unsigned place, bool flipped) {
      sum += flipped ? values[place] : -values[place];
      count += flipped ? 1 : -1;
      means.push_back(sum / count);
    });
    return means;
  }
  flip_stream stream(options.seed);
  std::vector<std::uint8_t> flipped(n);
  means.reserve(options.draws);
  for (unsigned draw = 0; draw < options.draws; ++draw) {
    stream.toss(flipped);
    double sum = 0;
    int count = 0;
    for (unsigned i = 0; i < n; ++i) {
      sum += flipped[i] ? values[i] : 0;
      count += flipped[i];
    }
    if (count > 0) means.push_back(sum / count);
  }
  return means;
}

}  // namespace

double sign_flip_p(std::span<const double> values, double null, const flip_options& options) {
  const auto n = static_cast<unsigned>(values.size());
  if (n == 0) return 1;
  const double tie = tie_width(values, null);
  std::uint64_t as_extreme = 1;
  // A pattern is as extreme as the data if its flipped part sums to 0 or less.
  if (n <= options.enumerate_up_to) {
    double flipped_sum = 0;
    each_flip_pattern(n, [&](unsigned place, bool flipped) {
      flipped_sum += flipped ? values[place] - null : null - values[place];
      as_extreme += flipped_sum <= tie;
    });
    return std::ldexp(static_cast<double>(as_extreme), -static_cast<int>(n));
  }
  flip_stream stream(options.seed);
  std::vector<std::uint8_t> flipped(n);
  for (unsigned draw = 0; draw < options.draws; ++draw) {
    stream.toss(flipped);
    double flipped_sum = 0;
    for (unsigned i = 0; i < n; ++i) flipped_sum += flipped[i] ? values[i] - null : 0;
    as_extreme += flipped_sum <= tie;
  }
  return static_cast<double>(as_extreme) / (1.0 + options.draws);
}

mean_bounds bounds_of_mean(std::span<const double> values, double level,
                           const flip_options& options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto n = static_cast<unsigned>(values.size());
  const double patterns =
      n <= options.enumerate_up_to ? std::ldexp(1.0, static_cast<int>(n)) : 1.0 + options.draws;
  // The unflipped pattern always counts, as do random patterns that flip nothing. They rank before
  // all means.
  const auto allowed = static_cast<std::size_t>(level * patterns + 1e-9);
  if (n == 0 || allowed == 0) return {-infinity, infinity};
  std::vector<double> means = subset_means(values, options);
  const auto always = static_cast<std::size_t>(patterns) - means.size();
  if (allowed < always) return {-infinity, infinity};
  const auto rank = static_cast<std::ptrdiff_t>(allowed - always);
  std::nth_element(means.begin(), means.begin() + rank, means.end());
  const double lower = means[static_cast<std::size_t>(rank)];
  std::nth_element(means.begin(), means.begin() + rank, means.end(), std::greater<>());
  return {lower, means[static_cast<std::size_t>(rank)]};
}

unsigned blocks_for_level(double level, unsigned cells) {
  unsigned blocks = 1;
  while (blocks < 60 &&
         std::ldexp(std::max(1u, cells), -static_cast<int>(blocks)) > level * (1 + 1e-12))
    ++blocks;
  return blocks;
}

}  // namespace crossover
