#include "reports/statistics/interval.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <vector>

namespace crossover {
namespace {

struct moments {
  double mean = 0;
  double variance_of_mean = 0;  ///< s² / n
  double n = 0;
};

moments moments_of(std::span<const double> values) {
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, n > 1 ? squares / (n - 1) / n : 0, n};
}

std::optional<std::vector<double>> logarithms(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  std::vector<double> logs;
  logs.reserve(values.size());
  for (const double value : values) {
    if (!(value > 0) || !std::isfinite(value)) return std::nullopt;
    logs.push_back(std::log(value));
  }
  return logs;
}

}  // namespace

double t_quantile(double degrees) {
  return boost::math::quantile(boost::math::students_t(degrees), 0.5 + confidence / 2);
}

std::optional<interval> mean_interval(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  const moments m = moments_of(values);
  if (!std::isfinite(m.mean)) return std::nullopt;
  interval found{m.mean, std::nullopt, std::nullopt, values.size()};
  if (values.size() > 1) {
    const double half = t_quantile(m.n - 1) * std::sqrt(m.variance_of_mean);
    if (std::isfinite(half)) {
      found.lower = m.mean - half;
      found.upper = m.mean + half;
    }
  }
  return found;
}

std::optional<interval> ratio_interval(std::span<const double> numerator,
                                       std::span<const double> denominator) {
  const auto above = logarithms(numerator);
  const auto below = logarithms(denominator);
  if (!above || !below) return std::nullopt;
  const moments a = moments_of(*above);
  const moments b = moments_of(*below);
  const double difference = a.mean - b.mean;
  interval found{std::exp(difference), std::nullopt, std::nullopt,
                 std::min(above->size(), below->size())};
  if (found.n < 2) return found;
  const double variance = a.variance_of_mean + b.variance_of_mean;
  double half = 0;
  if (variance > 0) {
    const double degrees = variance * variance /
                           (a.variance_of_mean * a.variance_of_mean / (a.n - 1) +
                            b.variance_of_mean * b.variance_of_mean / (b.n - 1));
    half = t_quantile(degrees) * std::sqrt(variance);
  }
  found.lower = std::exp(difference - half);
  found.upper = std::exp(difference + half);
  return found;
}

std::optional<bool> overlap(const interval& a, const interval& b) {
  if (!a.lower || !a.upper || !b.lower || !b.upper) return std::nullopt;
  return *a.lower <= *b.upper && *b.lower <= *a.upper;
}

}  // namespace crossover
