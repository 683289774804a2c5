#pragma once

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/cell/child_process.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// One start of a Google Benchmark program of any version from 1.5 to 1.9.
struct benchmark_start {
  std::string program;
  int image = -1;                  ///< descriptor of a copy of `program` to execute, or -1
  std::vector<std::string> names;  ///< benchmarks to run, in the program's order
  int repetitions = 3;
  std::string min_time;  ///< value of --benchmark_min_time; every version accepts a plain number
  bool interleaves = false;     ///< repetitions in random order, if the version supports it
  std::string layout = {};      ///< put into its environment, which shifts the stack
  std::string slower = {};      ///< value of CROSSOVER_SLOWER: a benchmark that calibration slows
  std::optional<int> cpu = {};  ///< the only CPU that it may use
  double timeout_s = 120;       ///< longest running time without a result; then it is killed
};

/// A process of a Google Benchmark program. Results are read while it runs, through
/// --benchmark_out. It dies with this process, also if it is frozen.
class benchmark_process {
 public:
  /// Starts the process; it runs until its start-up is over or longer. Throws `error` if the
  /// program cannot be started.
  explicit benchmark_process(benchmark_start start);
  ~benchmark_process();

  pid_t pid() const { return process_->pid(); }

  /// Progress: 0 during the start-up, then the number of the running benchmark. After the last
  /// benchmark it ends by itself: `last_stage()`. A process that has failed is in its last stage.
  std::size_t stage() const { return stage_; }
  std::size_t last_stage() const { return start_.names.size() + 2; }

  /// Continues the process until it reaches `stage` or for `seconds`. Then freezes it, unless it is
  /// still starting or has ended. Throws `interrupted`.
  void run(std::size_t stage, double seconds = std::numeric_limits<double>::infinity());

  /// Running time of a stage in s.
  double seconds_in(std::size_t stage) const { return seconds_[stage]; }

  bool has_failed() const { return !failure_.empty(); }
  /// True if it was killed because it gave no result.
  bool has_timed_out() const { return has_timed_out_; }

  /// Returns the outcome of each benchmark by name; those that were not reached are absent. If the
  /// process failed, so did the benchmark that it was running, or all of them if it failed during
  /// the start-up. With `interleaves` nothing shows which one was running: none has failed then.
  std::map<std::string, cell_result> outcomes();
  /// Facts about machine and build, from the context that it wrote.
  const std::map<std::string, std::string>& environment() const { return environment_; }

 private:
  class document;

  void await_rows(double seconds);
  void advance();
  void read_available();
  void fail(const std::string& reason);

  benchmark_start start_;
  descriptor rows_, rows_of_child_;
  std::unique_ptr<document> document_;
  std::optional<child_process> process_;
  std::size_t stage_ = 0;
  std::vector<double> seconds_;  ///< running time of the stages
  bool has_timed_out_ = false;
  std::string failure_;  ///< of the process as a whole; empty if none
  std::map<std::string, std::string> environment_;
};

/// Runs two processes with the same number of benchmarks to their ends, alternately for `turn_s`.
/// Both are in the same stage, and only one of them runs at a time. Turns are ABBA or BAAB at
/// random; the first side has the first turn of every stage. The start-ups run together. If a
/// process fails, the other one stays frozen. Throws `interrupted`.
void take_turns(const std::array<benchmark_process*, 2>& sides, double turn_s,
                std::mt19937_64& random);

}  // namespace crossover
