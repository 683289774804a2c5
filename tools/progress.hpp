#pragma once

#include <chrono>
#include <string>

#include "bench/measure/progress.hpp"

namespace crossover {

/// Progress on standard error: one rewritten line on a terminal, otherwise one line every 5 s.
class progress_line {
 public:
  progress_line();
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  void show(const measuring_progress& progress);
  void clear();

 private:
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_line_;
};

}  // namespace crossover
