#pragma once

#include <vector>

#include "bench/results.hpp"
#include "reports/check/comparison.hpp"

namespace crossover {

/// What the two environments say differently, apart from what never decides a measurement (host name, load,
/// current clock rate, the program's own path and version). A key that one side lacks altogether counts where
/// the other's file is of the same kind (both ours, or both Google Benchmark's).
std::vector<environment_difference> environment_differences(const results& old_results,
                                                            const results& new_results);

}  // namespace crossover
