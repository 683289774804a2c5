#pragma once

#include "bench/models/run/pace.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Waits until `when_ns` on the monotonic clock, through the thread's blocking hooks.
inline void wait_until(std::int64_t when_ns) {
  if (const std::int64_t left = when_ns - now_ns(); left > 0) wait_for(left);
}

/// Claims one operation of an open-loop run, waits for its intended start and runs it in the
/// calling thread. Returns false if the schedule is over.
inline bool run_open_loop_turn(workload& work, lane& state, run_control& control, tally& worker) {
  const auto intended = control.claim();
  if (!intended) return false;
  wait_until(*intended);
  if (control.over()) return false;  // claimed, but never begun
  open_loop_turn turn{control, *intended};
  turn.start(worker);
  try {
    work.run_blocking(state);
    turn.done(worker);
  } catch (const operation_error& e) {
    turn.failed(worker, e);
  }
  return true;
}

/// Runs the operations of a lane in the calling thread until the schedule is over.
template <typename AfterEach>
void run_open_loop(workload& work, lane& state, run_control& control, tally& worker,
                   AfterEach after_each) {
  while (run_open_loop_turn(work, state, control, worker)) after_each();
}

/// Runs the operations of a lane in the calling thread until its pace, already begun, has ended.
template <typename AfterEach>
void run_closed_loop(workload& work, lane& state, lane_pace& pace, tally& worker,
                     AfterEach after_each) {
  for (bool more = true; more;) {
    try {
      work.run_blocking(state);
      more = pace.done(worker);
    } catch (const operation_error& e) {
      more = pace.failed(worker, e);
    }
    after_each();
  }
}

/// Runs blocking operations of lane `number` of `lanes` in the calling thread until the run is
/// over.
template <typename AfterEach>
void run_blocking_lane(workload& work, lane& state, std::uint32_t number, std::uint32_t lanes,
                       run_control& control, tally& worker, AfterEach after_each) {
  trace_running(number);
  if (control.open_loop()) {
    control.lane_begins(number, lanes, now_ns());
    run_open_loop(work, state, control, worker, after_each);
  } else {
    wait_until(control.begin_of(number, lanes));
    lane_pace pace;
    if (pace.begin(control, number, lanes)) run_closed_loop(work, state, pace, worker, after_each);
  }
  trace_idle();
}

}  // namespace crossover
