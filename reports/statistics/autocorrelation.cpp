#include "reports/statistics/autocorrelation.hpp"

#include <cmath>

#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

/// Closed form of 1 + 2 sum_{k=1}^{n-1} (1 - k/n) rho^k.
double summed_correlation(double n, double rho) {
  const double rest = 1 - rho;
  return (1 + rho) / rest - 2 * rho * (1 - std::pow(rho, n)) / (n * rest * rest);
}

}  // namespace

double lag_one_autocorrelation(std::span<const double> values) {
  if (values.size() < 3) return 0;
  const double mean = moments_of(values).mean;
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += (values[i] - mean) * (values[i] - mean);
    if (i > 0) products += (values[i] - mean) * (values[i - 1] - mean);
  }
  return squares > 0 ? products / squares : 0;
}

double corrected_autocorrelation(double lag_one, double n) {
  return lag_one + (1 + 4 * lag_one) / n;
}

double variance_inflation(std::size_t n, double rho) {
  const double count = static_cast<double>(n);
  const double f = summed_correlation(count, rho);
  return f * (count - 1) / (count - f);
}

double effective_sample_size(std::size_t n, double rho) {
  const double count = static_cast<double>(n);
  return count / summed_correlation(count, rho);
}

}  // namespace crossover
