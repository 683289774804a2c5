#pragma once

#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/panels.hpp"

namespace crossover {

/// Sentence about a foreign file: number of benchmarks, families and repetitions.
std::string families_lede(const results& now, const std::vector<panel>& panels);

/// Table of the benchmark families of a foreign file: arguments, times, counters, CPU times. The
/// page's script adds the plots.
std::string families_html(const results& now, const std::vector<panel>& panels);

}  // namespace crossover
