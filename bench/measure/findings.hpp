#pragma once

#include <string_view>
#include <vector>

#include "bench/measure/plan.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// Adds a finding to a cell, unless it has one with this code about the same host.
void add_finding(cell_result& cell, finding f);

/// Returns the findings about the validity of a cell's samples, taken together. A finding names the
/// worst block. None is based on less than three ticks of its counter.
std::vector<finding> findings_of(const cell_spec& cell, const std::vector<sample>& samples);

/// Adds the findings of every cell with samples. Those of a fleet are of single hosts.
void pool_findings(const std::vector<planned_cell>& cells, results& all);

/// Fails cells whose throughput shows that work was skipped. The limit is the arithmetic ceiling,
/// and cores times the best one-core rate of the same work with an allowance for noise.
void judge_ceilings(results& all);

/// Code of the finding of a cell that `judge_ceilings` fails.
constexpr std::string_view above_ceiling = "above_ceiling";

/// CPU time that an arm may use during the turns of others, in s and as a share of that time.
constexpr double min_idle_cpu_s = 0.01, max_idle_share = 0.05;

/// A server that uses more than this share of its CPUs is the limit.
constexpr double server_bound_share = 0.9;

}  // namespace crossover
