#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

#include "workloads/base/clock.hpp"

namespace crossover {

/// Plan of one run of the lanes. Exactly one of `operations` and `window_ns` is above 0.
struct run_plan {
  std::uint64_t operations = 0;  ///< total, divided among the lanes; all of them count
  std::int64_t window_ns = 0;    ///< length of the window; operations that end inside it count
  std::int64_t lead_ns = 0;      ///< from the release of the lanes to the window
  std::int64_t stagger_ns = 0;   ///< lane i of n begins i/n of this after the release
  std::uint32_t sampling_interval = 1;  ///< one operation in N is timed
  std::int64_t added_ns = 0;  ///< busy-wait after each operation, a known slowdown for calibration
  bool series = false;        ///< count operations per 10 ms of the window
  /// Open loop: intended starts in ns after the release, ascending, in memory that forked workers
  /// share.
  const std::int64_t* arrivals = nullptr;
  std::uint64_t arrival_count = 0;

  bool open_loop() const { return arrivals != nullptr; }

  /// Returns lane `number`'s share of the counted operations; the maximum value if time ends the
  /// run.
  std::uint64_t quota(std::uint32_t number, std::uint32_t lanes) const {
    if (operations == 0) return std::numeric_limits<std::uint64_t>::max();
    return operations / lanes + (number < operations % lanes ? 1 : 0);
  }
};

/// Phases of a run. Lanes run in all three, but only operations that end in the window count. A run
/// of a given number of operations is one window.
enum class run_phase : std::uint32_t { lead_in, window, drain };

/// A plan and the state of its run, in memory that forked workers share.
struct run_control : run_plan {
  std::int64_t start_ns = 0;  ///< release of the lanes
  std::atomic<std::uint32_t> released = 0;
  std::atomic<run_phase> phase = run_phase::window;
  std::atomic<std::uint64_t> next_arrival = 0;
  std::atomic<std::int64_t> start_lag_ns = 0;  ///< longest delay of a lane's first operation

  /// Sets the plan of the next run.
  void prepare(const run_plan& plan) {
    static_cast<run_plan&>(*this) = plan;
    released = 0;
    phase = operations > 0 ? run_phase::window : run_phase::lead_in;
    next_arrival = 0;
    start_lag_ns = 0;
  }

  /// Releases the lanes.
  void release() {
    start_ns = now_ns();
    released = 1;
    released.notify_all();
  }

  bool over() const { return phase.load(std::memory_order_relaxed) == run_phase::drain; }

  /// Returns when lane `number` is due to begin.
  std::int64_t begin_of(std::uint32_t number, std::uint32_t lanes) const {
    return start_ns + static_cast<std::int64_t>(static_cast<double>(stagger_ns) * number / lanes);
  }

  /// Records that lane `number` begins its first operation `now`.
  void lane_begins(std::uint32_t number, std::uint32_t lanes, std::int64_t now) {
    const std::int64_t lag = now - begin_of(number, lanes);
    std::int64_t longest = start_lag_ns.load(std::memory_order_relaxed);
    while (lag > longest && !start_lag_ns.compare_exchange_weak(longest, lag)) {
    }
  }

  /// Open loop: returns true if this intended start is inside the window.
  bool due_in_window(std::int64_t intended_ns) const {
    const std::int64_t opens_ns = start_ns + lead_ns;
    return intended_ns >= opens_ns && intended_ns < opens_ns + window_ns;
  }

  /// Open loop: returns the next unclaimed intended start (ns), or nullopt after the last arrival
  /// or the window.
  std::optional<std::int64_t> claim() {
    if (over()) return std::nullopt;
    const std::uint64_t index = next_arrival.fetch_add(1, std::memory_order_relaxed);
    if (index >= arrival_count) return std::nullopt;
    return start_ns + arrivals[index];
  }
};

}  // namespace crossover
