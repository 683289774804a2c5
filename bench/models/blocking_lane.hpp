#pragma once

#include <memory>
#include <utility>

#include "bench/models/run/pace.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Waits until `when_ns` on the monotonic clock, through the thread's blocking hooks.
inline void wait_until(std::int64_t when_ns) {
  if (const std::int64_t left = when_ns - now_ns(); left > 0) wait_for(left);
}

/// A lane whose operations block the calling thread.
class blocking_lane {
 public:
  /// Opens lane `number` of `lanes`. Throws `error`.
  blocking_lane(workload& work, std::uint32_t number, std::uint32_t lanes)
      : work_(work), state_(work.open_lane(number)), number_(number), lanes_(lanes) {}

  std::uint32_t number() const { return number_; }

  /// Waits until the lane is due to begin. Returns false if it has no operation in this run.
  bool begin(run_control& control) {
    if (control.quota(number_, lanes_) == 0) return false;
    wait_until(control.begin_of(number_, lanes_));
    if (!control.open_loop()) return pace_.begin(control, number_, lanes_);
    control.lane_begins(number_, lanes_, now_ns());
    return true;
  }

  /// Open loop: claims an arrival and waits until it is due. Returns whether to run an operation.
  bool await_arrival(run_control& control) {
    if (!control.open_loop()) return true;
    const auto intended = control.claim();
    if (!intended) return false;
    wait_until(*intended);
    intended_ns_ = *intended;
    return !control.over();  // otherwise claimed, but never begun
  }

  /// Runs one operation, in an open loop that of the awaited arrival. Returns whether to continue.
  bool run_one(run_control& control, tally& worker) {
    if (control.open_loop()) return run_arrival(control, worker);
    try {
      work_.run_blocking(*state_);
      return pace_.done(worker);
    } catch (const operation_error& e) {
      return pace_.failed(worker, e);
    }
  }

  bool step(run_control& control, tally& worker) {
    return await_arrival(control) && run_one(control, worker);
  }

  /// Runs operations until the run is over for this lane.
  void run(run_control& control, tally& worker) {
    trace_running(number_);
    bool more = begin(control);
    while (more) more = control.open_loop() ? step(control, worker) : run_stretch(worker);
    trace_idle();
  }

  /// The same, with a call after each operation.
  template <typename AfterEach>
  void run(run_control& control, tally& worker, AfterEach after_each) {
    trace_running(number_);
    for (bool more = begin(control); more; after_each()) more = step(control, worker);
    trace_idle();
  }

 private:
  bool run_stretch(tally& worker) {
    try {
      work_.run_stretch(*state_, worker.slot.operations, pace_.stretch_left());
      return pace_.end_stretch(worker);
    } catch (const operation_error& e) {
      return pace_.failed(worker, e);
    }
  }

  bool run_arrival(run_control& control, tally& worker) {
    open_loop_turn turn{control, intended_ns_};
    turn.start(worker);
    try {
      work_.run_blocking(*state_);
      turn.done(worker);
    } catch (const operation_error& e) {
      turn.failed(worker, e);
    }
    return true;
  }

  workload& work_;
  std::unique_ptr<lane> state_;
  std::uint32_t number_, lanes_;
  std::int64_t intended_ns_ = 0;  ///< open loop: start of the awaited arrival
  lane_pace pace_;
};

}  // namespace crossover
