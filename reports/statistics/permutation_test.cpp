#include "reports/statistics/permutation_test.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "reports/statistics/flip_patterns.hpp"

namespace crossover {
namespace {

/// Number of ways to choose `chosen` of `all`, at most `limit` + 1.
std::uint64_t choices(std::size_t all, std::size_t chosen, std::uint64_t limit) {
  std::uint64_t count = 1;
  for (std::size_t i = 1; i <= chosen && count <= limit; ++i)
    count = count * (all - chosen + i) / i;
  return std::min(count, limit + 1);
}

/// Calls `visit` with the sum of every choice of `chosen` values.
template <typename Visit>
void each_choice(const std::vector<double>& values, std::size_t chosen, Visit&& visit) {
  std::vector<std::uint8_t> picked(values.size());
  std::fill_n(picked.begin(), chosen, 1);
  do {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += picked[i] != 0 ? values[i] : 0;
    visit(sum);
  } while (std::prev_permutation(picked.begin(), picked.end()));
}

}  // namespace

double permutation_p(std::span<const double> baseline, std::span<const double> candidate,
                     const flip_options& options) {
  if (baseline.empty() || candidate.empty()) return 1;
  std::vector<double> values(candidate.begin(), candidate.end());
  values.insert(values.end(), baseline.begin(), baseline.end());
  const double observed = std::accumulate(candidate.begin(), candidate.end(), 0.0);
  double sizes = 0;
  for (const double value : values) sizes += std::abs(value);
  const double least = observed - sizes * 1e-12;  // the order of a sum changes its last bits

  const std::uint64_t count = choices(values.size(), candidate.size(), options.draws);
  std::uint64_t as_extreme = 0;
  if (count <= options.draws) {
    each_choice(values, candidate.size(), [&](double sum) { as_extreme += sum >= least; });
    return static_cast<double>(as_extreme) / static_cast<double>(count);
  }
  flip_stream stream(options.seed);
  for (unsigned draw = 0; draw < options.draws; ++draw) {
    double sum = 0;
    for (std::size_t i = 0; i < candidate.size(); ++i) {
      std::swap(values[i], values[i + stream.below(values.size() - i)]);
      sum += values[i];
    }
    as_extreme += sum >= least;
  }
  return static_cast<double>(1 + as_extreme) / (1.0 + options.draws);
}

}  // namespace crossover
