#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "bench/results/results.hpp"

namespace crossover {

/// Findings of a run, each code once: "steal in 1 cell (the hypervisor took CPU time)"; empty if
/// there are none. Those that make the figures of a cell doubtful are left out for the cells
/// `shown` in a row of questions, which mentions them.
std::string findings_text(const results& value, const std::set<std::size_t>& shown = {});

}  // namespace crossover
