#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "bench/models/run/run_board.hpp"
#include "bench/models/run/usage.hpp"

namespace crossover {

/// Counters, clock and usage of this process, read together at one edge of a window.
struct window_edge {
  std::int64_t ns = 0;
  std::vector<std::uint64_t> operations;  ///< by worker
  usage used;
};

/// The window of one run.
struct run_window {
  window_edge open, close;
  std::vector<std::uint64_t> series;  ///< operations per `series_step_ns`, if requested
};

constexpr std::int64_t series_step_ns = 10'000'000;

/// Opens and closes the windows of a cell's runs from a thread of its own, so that no operation
/// pays for an extra clock reading. Create it after workers are forked.
class window_observer {
 public:
  explicit window_observer(run_board& board);
  ~window_observer();
  window_observer(const window_observer&) = delete;
  window_observer& operator=(const window_observer&) = delete;

  /// Observes the run that the board's control is prepared for, once its lanes are released.
  void start();
  /// Returns the window when it has closed.
  run_window wait();
  /// Stops observing a run whose lanes have ended early. No window is kept.
  void cancel();

 private:
  enum class state { idle, observing, closed, stopping };
  void serve();
  /// Sleeps until this time. Returns false if the run was cancelled.
  bool sleep_until(std::int64_t when_ns);
  window_edge read_edge() const;
  std::optional<run_window> observe();

  run_board& board_;
  std::mutex mutex_;
  std::condition_variable changed_;
  state state_ = state::idle;
  bool cancelled_ = false;
  std::optional<run_window> window_;
  std::thread thread_;
};

}  // namespace crossover
