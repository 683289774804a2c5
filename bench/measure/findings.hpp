#pragma once

#include <vector>

#include "bench/measure/plan.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// Adds a finding to a cell, unless it has one with this code.
void add_finding(cell_result& cell, finding f);

/// Returns what the samples of a cell, taken together, say about their validity. A finding names
/// the worst block. None rests on less than three ticks of the counter that it reads.
std::vector<finding> findings_of(const planned_cell& cell, const std::vector<sample>& samples);

/// Adds the findings of every cell with samples.
void pool_findings(const std::vector<planned_cell>& cells, results& all);

/// Fails cells whose throughput is above the arithmetic ceiling, or by more than noise above cores
/// times the best one-core rate of the same work: work was skipped.
void judge_ceilings(results& all);

/// CPU time that an arm may use while others have their turns, in s and as a share of that time.
constexpr double min_idle_cpu_s = 0.01, max_idle_share = 0.05;

/// Share of its CPUs above which a server is the limit.
constexpr double server_bound_share = 0.9;

}  // namespace crossover
