#pragma once

#include <string>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// A line of the environment that is not the same in both.
struct environment_difference {
  std::string key;
  std::string old_value;  ///< empty where the side does not say
  std::string new_value;
};

/// What the two environments say differently, apart from what never decides a measurement (host
/// name, load, current clock rate, the program's own path and version). A key that one side lacks
/// altogether counts where the other's file is of the same kind (both ours, or both Google
/// Benchmark's).
std::vector<environment_difference> environment_differences(const results& old_results,
                                                            const results& new_results);

}  // namespace crossover
