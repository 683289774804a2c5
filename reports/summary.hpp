#pragma once

#include <string>

#include "bench/results/results.hpp"

namespace crossover {

/// Text printed after a run, for a terminal of 100 columns. For each panel: the best model at equal
/// cores with its interval, latency, CPU cost and ratio to `reference`. Then findings, and skipped
/// and failed cells with their reasons.
std::string summary(const results& value, bool color);

}  // namespace crossover
