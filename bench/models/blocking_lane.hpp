#pragma once

#include "bench/cell/pace.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Waits until `when_ns` on the monotonic clock, through the thread's blocking hooks.
inline void wait_until(std::int64_t when_ns) {
  if (const std::int64_t left = when_ns - now_ns(); left > 0) wait_for(left);
}

/// Claims one operation of an open-loop run, waits for its intended start and runs it in the
/// calling thread. Returns false if the schedule is over.
inline bool run_open_loop_turn(workload& work, lane& mine, run_control& control, tally& worker) {
  const auto intended = control.claim();
  if (!intended) return false;
  wait_until(*intended);
  open_loop_turn turn{*intended};
  turn.start(worker);
  try {
    work.run_blocking(mine);
    turn.done(worker);
  } catch (const operation_error& trouble) {
    open_loop_turn::failed(worker, trouble);
  }
  return true;
}

/// Runs blocking operations of lane `number` in the calling thread until the run is over.
inline void run_blocking_lane(workload& work, lane& mine, std::uint32_t number, std::uint64_t quota,
                              run_control& control, tally& worker) {
  trace_running(number);
  if (control.open_loop()) {
    while (run_open_loop_turn(work, mine, control, worker)) {
    }
    return trace_idle();
  }
  lane_pace pace;
  bool more = pace.begin(control, quota, control.start_ns);
  while (more) {
    try {
      do work.run_blocking(mine);
      while ((more = pace.done(worker)));
    } catch (const operation_error& trouble) {
      more = pace.failed(worker, trouble);
    }
  }
  trace_idle();
}

}  // namespace crossover
