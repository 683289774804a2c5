#pragma once

#include <filesystem>
#include <string>

#include "bench/measure/arm.hpp"

namespace crossover {

/// A Google Benchmark program and one of its benchmarks.
struct benchmark_options {
  std::string program;
  std::string name;      ///< of the benchmark
  std::string min_time;  ///< value of --benchmark_min_time
  double timeout_s = 120;
  std::filesystem::path directory;  ///< for its results
  std::string layout;               ///< put into its environment, which shifts the stack
};

/// Returns an arm that runs a process of the program in each slice, whatever the length of the
/// slice. Its sample is the repetition with the median time.
std::unique_ptr<arm> benchmark_arm(benchmark_options options);

}  // namespace crossover
