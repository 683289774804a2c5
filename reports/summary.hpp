#pragma once

#include <string>

#include "bench/results/results.hpp"
#include "reports/terminal_text.hpp"

namespace crossover {

/// Returns the answers of a run, for the end of its output: at most 21 lines, none wider than the
/// terminal. A line per answer, then findings, skipped and failed cells with their reasons.
std::string summary(const results& value, const terminal& to);

}  // namespace crossover
