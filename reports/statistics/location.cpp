#include "reports/statistics/location.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "reports/statistics/median.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

double positive_log(double figure) {
  if (!(figure > 0) || !std::isfinite(figure))
    throw error(
        error_kind::invalid,
        fmt::format("figure {}: must be positive and finite, as metrics are compared by ratio",
                    figure));
  return std::log(figure);
}

double location_of_logs(std::span<const double> figures) {
  if (figures.empty())
    throw error(error_kind::invalid,
                "no figure for one arm of a block: run each arm at least once");
  std::vector<double> logs;
  for (const double figure : figures) logs.push_back(positive_log(figure));
  return robust_location(logs);
}

}  // namespace

double robust_location(std::span<const double> values) {
  if (values.empty()) return NAN;
  std::vector<double> means;
  means.reserve(values.size() * (values.size() + 1) / 2);
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = i; j < values.size(); ++j) means.push_back(values[i] / 2 + values[j] / 2);
  return median_of(std::move(means));
}

double block_log_ratio(std::span<const slice> slices) {
  if (slices.empty() || slices.size() % 4 != 0)
    throw error(
        error_kind::invalid,
        fmt::format("{} slices in a block: must be a multiple of 4 (ABBA or BAAB)", slices.size()));
  std::vector<double> differences;
  for (std::size_t i = 0; i < slices.size(); i += 4) {
    const auto four = slices.subspan(i, 4);
    if (four[0].which != four[3].which || four[1].which != four[2].which ||
        four[0].which == four[1].which)
      throw error(error_kind::invalid,
                  fmt::format("slices {} to {}: expected ABBA or BAAB", i, i + 3));
    double difference = 0;
    for (const slice& s : four)
      difference += (s.which == side::candidate ? 0.5 : -0.5) * positive_log(s.figure);
    differences.push_back(difference);
  }
  return robust_location(differences);
}

double block_log_ratio(std::span<const double> baseline_figures,
                       std::span<const double> candidate_figures) {
  return location_of_logs(candidate_figures) - location_of_logs(baseline_figures);
}

}  // namespace crossover
