#include "reports/statistics/paired_differences.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "reports/statistics/autocorrelation.hpp"
#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

constexpr double highest_autocorrelation = 0.9;

/// Differences within blocks of one pair of models.
struct pair_series {
  std::size_t first = 0;
  std::size_t second = 0;
  std::vector<double> differences;
  std::vector<double> first_to_anchor;   ///< only if the pair shares too few blocks
  std::vector<double> second_to_anchor;  ///< only if the pair shares too few blocks
};

std::vector<double> common_differences(const block_values& first, const block_values& second) {
  std::vector<double> differences;
  differences.reserve(first.size());
  for (std::size_t b = 0; b < std::min(first.size(), second.size()); ++b)
    if (first[b] && second[b]) differences.push_back(*first[b] - *second[b]);
  return differences;
}

/// Autocorrelation pooled over the differences of all pairs, weighted with their blocks.
class pooled_autocorrelation {
 public:
  void add(const std::vector<double>& differences) {
    if (differences.size() < 3) return;
    const double n = static_cast<double>(differences.size());
    weighted_sum_ += n * corrected_autocorrelation(lag_one_autocorrelation(differences), n);
    blocks_ += n;
    ++series_;
  }

  /// The estimate plus one standard error. K models make K - 1 independent differences, each with
  /// an autocorrelation of standard error 1 / sqrt(n).
  double cautious_value(std::size_t models) const {
    if (series_ == 0) return 0;
    const double independent = static_cast<double>(std::max<std::size_t>(models, 2) - 1);
    const double standard_error = 1 / std::sqrt(independent * blocks_ / series_);
    return std::clamp(weighted_sum_ / blocks_ + standard_error, 0.0, highest_autocorrelation);
  }

 private:
  double weighted_sum_ = 0;
  double blocks_ = 0;
  int series_ = 0;
};

paired_difference estimate(const std::vector<double>& differences, double rho) {
  const sample_moments moments = moments_of(differences);
  const double n = static_cast<double>(moments.n);
  return {moments.mean,
          moments.standard_deviation * std::sqrt(variance_inflation(moments.n, rho) / n),
          std::max(1.0, effective_sample_size(moments.n, rho) - 1), moments.n};
}

paired_difference welch(const paired_difference& first, const paired_difference& second) {
  const double a = first.standard_error * first.standard_error;
  const double b = second.standard_error * second.standard_error;
  const double degrees = a + b > 0
                             ? (a + b) * (a + b) / (a * a / first.degrees + b * b / second.degrees)
                             : std::min(first.degrees, second.degrees);
  return {first.mean - second.mean, std::sqrt(a + b), degrees,
          std::min(first.blocks, second.blocks)};
}

}  // namespace

void difference_table::set(std::size_t first, std::size_t second,
                           const paired_difference& difference) {
  pairs_[first * models_ + second] = difference;
  paired_difference mirrored = difference;
  mirrored.mean = -mirrored.mean;
  pairs_[second * models_ + first] = mirrored;
}

difference_table paired_differences(const std::vector<block_values>& models,
                                    const block_values& anchor) {
  for (const block_values& model : models)
    if (model.size() != models.front().size() || (!anchor.empty() && model.size() != anchor.size()))
      throw std::invalid_argument("models of a contest: series of different lengths");

  std::vector<pair_series> pairs;
  pooled_autocorrelation pooled;
  for (std::size_t i = 0; i < models.size(); ++i)
    for (std::size_t j = i + 1; j < models.size(); ++j) {
      pairs.push_back({i, j, common_differences(models[i], models[j]), {}, {}});
      pair_series& pair = pairs.back();
      if (pair.differences.size() < 2) {
        pair.first_to_anchor = common_differences(models[i], anchor);
        pair.second_to_anchor = common_differences(models[j], anchor);
      }
      for (const auto* series : {&pair.differences, &pair.first_to_anchor, &pair.second_to_anchor})
        pooled.add(*series);
    }

  const double rho = pooled.cautious_value(models.size());
  difference_table table(models.size());
  for (const pair_series& pair : pairs)
    if (pair.differences.size() >= 2)
      table.set(pair.first, pair.second, estimate(pair.differences, rho));
    else if (pair.first_to_anchor.size() >= 2 && pair.second_to_anchor.size() >= 2)
      table.set(pair.first, pair.second,
                welch(estimate(pair.first_to_anchor, rho), estimate(pair.second_to_anchor, rho)));
  return table;
}

}  // namespace crossover
