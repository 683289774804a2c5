#pragma once

#include <chrono>
#include <string>

#include "bench/measure/runner.hpp"

namespace crossover {

/// Shows how a run goes on: one line that is rewritten on a terminal, plain lines now and then
/// elsewhere. On standard error.
class progress_line {
 public:
  progress_line();
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  void show(const run_progress& now);
  void clear();

 private:
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_line_;
};

/// "1 min 20 s", "9 s".
std::string format_time_left(double seconds);

}  // namespace crossover
