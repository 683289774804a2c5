#pragma once

#include <string>

#include "reports/check/comparison.hpp"
#include "reports/check/paired_cells.hpp"
#include "tools/check/links.hpp"

namespace crossover {

struct benchmark_pair_options {
  std::string filter;    ///< value of --benchmark_filter
  std::string min_time;  ///< value of --benchmark_min_time, in s; "": a short time
  std::string metric = "time";
  std::uint64_t seed = 1;
  double timeout_s = 120;  ///< timeout of one process
  std::string slower;      ///< value of CROSSOVER_SLOWER in processes of the new program
};

/// Returns the benchmarks of two Google Benchmark programs. Those that only compute are measured
/// alternately, each slice one repetition. The others are measured in whole processes.
/// Benchmarks that only one program has go to `unmatched`. Throws `error` (unreadable) if one of
/// them is not a Google Benchmark program, or the links of a side are not of one build.
paired_cells pair_benchmarks(const side_links& programs, const benchmark_pair_options& options,
                             check_result& unmatched);

}  // namespace crossover
