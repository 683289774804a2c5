#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "bench/measure/progress.hpp"
#include "reports/terminal_text.hpp"

namespace crossover {

/// Returns the terminal that a file descriptor writes to. Without one, or if the environment says
/// NO_COLOR or TERM=dumb, it has no colours; without one it has 80 columns.
terminal terminal_of(int fd);

/// Progress on standard error: one rewritten line on a terminal, otherwise one line every 10 s.
class progress_line {
 public:
  progress_line();
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  void show(const measuring_progress& progress);
  /// Removes the line. Call it before anything else is written.
  void clear();

 private:
  bool is_rewritten_;
  std::size_t shown_ = 0;  ///< width of the visible line
  std::chrono::steady_clock::time_point next_line_;
};

}  // namespace crossover
