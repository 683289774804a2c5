#include "reports/statistics/interval.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "reports/statistics/critical_values.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/statistics/t_estimate.hpp"

namespace crossover {
namespace {

double variance_of_mean(const sample_moments& sample) {
  return sample.standard_deviation * sample.standard_deviation / static_cast<double>(sample.n);
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

double t_quantile(double degrees) { return student_critical_value(degrees, (1 - confidence) / 2); }

std::optional<interval> mean_interval(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  const sample_moments sample = moments_of(values);
  if (!std::isfinite(sample.mean)) return std::nullopt;
  interval result{sample.mean, std::nullopt, std::nullopt, sample.n};
  if (sample.n > 1) {
    const double half =
        t_quantile(static_cast<double>(sample.n) - 1) * std::sqrt(variance_of_mean(sample));
    if (!std::isfinite(half)) return result;
    result.lower = sample.mean - half;
    result.upper = sample.mean + half;
    // Delta method: the standard error of log(mean) is that of the mean, divided by the mean.
    if (*result.lower <= 0 && *std::min_element(values.begin(), values.end()) > 0) {
      const double factor = std::exp(half / sample.mean);
      result.lower = sample.mean / factor;
      result.upper = sample.mean * factor;
    }
  }
  return result;
}

std::optional<interval> ratio_interval(std::span<const double> numerator,
                                       std::span<const double> denominator) {
  const auto above = logarithms(numerator);
  const auto below = logarithms(denominator);
  if (!above || !below) return std::nullopt;
  const sample_moments a = moments_of(*above), b = moments_of(*below);
  const double difference = a.mean - b.mean;
  interval result{std::exp(difference), std::nullopt, std::nullopt, std::min(a.n, b.n)};
  if (result.n < 2) return result;
  const double a_variance = variance_of_mean(a), b_variance = variance_of_mean(b);
  double half = 0;
  if (a_variance + b_variance > 0)
    half = t_quantile(welch_degrees(a_variance, static_cast<double>(a.n) - 1, b_variance,
                                    static_cast<double>(b.n) - 1)) *
           std::sqrt(a_variance + b_variance);
  result.lower = std::exp(difference - half);
  result.upper = std::exp(difference + half);
  return result;
}

}  // namespace crossover
