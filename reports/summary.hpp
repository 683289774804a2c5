#pragma once

#include <string>

#include "bench/results/results.hpp"

namespace crossover {

/// The words that close a run, for a terminal of 100 columns: per workload and parameters the best
/// model at equal cores with its interval, its latency and cost, its distance to `reference`; then
/// findings, what was skipped or failed, and why.
std::string summary(const results& value, bool color);

}  // namespace crossover
