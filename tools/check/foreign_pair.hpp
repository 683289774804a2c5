#pragma once

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "bench/results/metrics.hpp"
#include "bench/results/results.hpp"
#include "reports/check/comparison.hpp"
#include "tools/check/block_source.hpp"

namespace crossover {

struct foreign_pair_options {
  std::string filter;    ///< value of --benchmark_filter, passed to the programs
  std::string min_time;  ///< value of --benchmark_min_time, in s
  std::string metric = "time";
  std::uint64_t seed = 1;
  double timeout_s = 120;  ///< timeout of one process
};

/// Two Google Benchmark executables. A block runs one process of each for one benchmark, in random
/// order, with a few repetitions per process.
class foreign_pair : public block_source {
 public:
  /// Lists the benchmarks of both programs. Those that only one has go to `unmatched`. Throws
  /// `error` (unreadable) if one of them is not a Google Benchmark program.
  foreign_pair(const std::string& old_program, const std::string& new_program,
               const foreign_pair_options& options, check_result& unmatched);
  ~foreign_pair() override;
  foreign_pair(const foreign_pair&) = delete;
  foreign_pair& operator=(const foreign_pair&) = delete;

  std::vector<std::string> cells() const override { return names_; }
  double prepare(std::size_t cell) override;
  double measure(std::size_t cell) override;
  std::string last_order() const override { return new_first_ ? "BA" : "AB"; }
  std::string probe(std::size_t cell, side which) override;

 private:
  results run(std::size_t cell, side which);
  std::vector<double> figures(std::size_t cell, const results& measured) const;

  std::string programs_[2];
  foreign_pair_options options_;
  const metric& judged_;
  check_result& unmatched_;
  bool environments_known_ = false;
  bool new_first_ = false;
  std::filesystem::path directory_;
  std::mt19937_64 random_;
  std::vector<std::string> names_;
};

}  // namespace crossover
