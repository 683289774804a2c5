#pragma once

#include <string_view>

#include "bench/results/metrics.hpp"

namespace crossover {

/// The metric of this id. Throws `error` (invalid) that lists what can be judged.
const metric& judged_metric(std::string_view id);

/// 1 for a metric that is better when lower, -1 for one that is better when higher: times a log
/// ratio, positive is worse.
double worse_sign(const metric& judged);

/// The log ratio turned so that positive is worse. Throws `error` (invalid) for a metric that has
/// no better direction.
double worse_log_ratio(double log_ratio, const metric& judged);

}  // namespace crossover
