#pragma once

#include "bench/measure/benchmark_process.hpp"

namespace crossover {

/// Timeout of the next process of a Google Benchmark program. Every block of a program that hangs
/// takes as long as this, so earlier processes shorten it: to ten times their longest step, and to
/// three times if one was killed.
class process_timeout {
 public:
  /// `longest_s`: timeout before anything is known.
  explicit process_timeout(double longest_s) : seconds_(longest_s) {}

  /// Learns from a process that ran each benchmark this many times.
  void learn(const benchmark_process& process, int repetitions);
  double seconds() const { return seconds_; }

 private:
  double seconds_;
  double longest_step_s_ = 0;
};

}  // namespace crossover
