#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/models/run/run_control.hpp"

namespace crossover {

/// Operations that one worker (thread, loop, process) has completed since the cell was prepared, on
/// a cache line of its own. Only that worker writes it.
struct alignas(64) worker_slot {
  std::atomic<std::uint64_t> operations = 0;

  void count_one() {
    operations.store(operations.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

/// Run control and one counter per worker, in memory that forked workers share.
class run_board {
 public:
  /// Throws `error` (resource) if the memory cannot be mapped.
  explicit run_board(std::size_t workers);
  ~run_board();
  run_board(const run_board&) = delete;
  run_board& operator=(const run_board&) = delete;

  run_control& control() { return *control_; }

  std::size_t size() const { return workers_; }
  worker_slot& slot(std::size_t worker) { return slots_[worker]; }
  /// Returns the operations of each worker so far.
  std::vector<std::uint64_t> operations() const;

 private:
  std::size_t workers_, bytes_;
  run_control* control_;
  worker_slot* slots_;
};

}  // namespace crossover
