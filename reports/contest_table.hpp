#pragma once

#include <string>

#include "bench/results/results.hpp"
#include "reports/statistics/paired_differences.hpp"
#include "reports/terminal_text.hpp"

namespace crossover {

/// Returns one table per contest of the results, which may be a part of a run. `run` is the
/// autocorrelation of the whole. Its heading has the contest and the verdict. A
/// model has a line: throughput or the interval of its ratio to the best, CPU time per operation,
/// peak memory and a remark. No line is wider than the terminal: the last columns are left out on
/// a narrow one.
std::string contest_tables(const results& value, const autocorrelation_estimate& run,
                           const terminal& to);

}  // namespace crossover
