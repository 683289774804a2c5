#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "bench/results/metrics.hpp"

namespace crossover {

/// Returns the metric with this id. Throws `error` (invalid) listing the metrics that can be
/// judged.
const metric& judged_metric(std::string_view id);

/// Returns 1 for a metric that is better when lower, -1 for one that is better when higher. Times a
/// log ratio, positive is worse.
double worse_sign(const metric& judged);

/// Logs of a metric over a cell's repetitions; absent and infinite values are left out.
struct metric_logs {
  std::vector<double> logs;
  unsigned zeros = 0;  ///< values of 0, which have no logarithm
};
metric_logs logs_of(const cell_result& cell, const metric& judged);
/// The same for each host that measured the cell; host 0 without a fleet.
std::map<std::uint32_t, metric_logs> logs_by_host(const cell_result& cell, const metric& judged);

/// Returns the share of failed operations in each repetition that began one. If several hosts
/// measured the cell, the mean of each host.
std::vector<double> error_shares_of(const cell_result& cell);

}  // namespace crossover
