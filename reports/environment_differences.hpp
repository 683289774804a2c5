#pragma once

#include <string>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// Returns false for facts that differ between any two runs, or that name the compared program.
bool affects_measurements(const std::string& key);

/// Equality of two values of a fact, except that `memory` may differ by 2 %: MemTotal depends on
/// what the kernel reserved at boot.
bool is_same_fact(const std::string& key, const std::string& a, const std::string& b);

/// Environment entry that differs between two results.
struct environment_difference {
  std::string key;
  std::string old_value;  ///< empty if that side has no such key
  std::string new_value;
};

/// Returns the differences that can affect a measurement. Host name, date, load, current clock
/// rate, and the program's path, version and build id are ignored. A key that only one side has
/// counts only if both files are of the same kind (both crossover, or both Google Benchmark).
std::vector<environment_difference> environment_differences(const results& old_results,
                                                            const results& new_results);

}  // namespace crossover
