#pragma once

#include <string>

#include "bench/results/results.hpp"
#include "reports/contests.hpp"

namespace crossover {

/// Text printed after a run, for a terminal of 80 columns. A table per contest: its verdict, and
/// per model the throughput or the interval of its ratio to the best, CPU time per operation and
/// peak memory. Then findings, skipped and failed cells with their reasons, and a line per panel.
std::string summary(const results& value, bool color);

}  // namespace crossover
