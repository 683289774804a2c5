#pragma once

#include "bench/cell/pace.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Sleeps until `when_ns` on the monotonic clock.
inline void sleep_until(std::int64_t when_ns) {
  const timespec when{when_ns / 1'000'000'000, when_ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

/// Runs one operation of an open-loop run in the calling thread: claims it, waits for its intended start, runs it.
/// False when the schedule is over.
inline bool run_open_loop_turn(workload& work, lane& mine, run_control& control, tally& worker) {
  const auto intended = control.claim();
  if (!intended) return false;
  sleep_until(*intended);
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

/// Runs one lane's blocking operations in the calling thread until the run is over.
inline void run_blocking_lane(workload& work, lane& mine, std::uint64_t quota, run_control& control, tally& worker) {
  if (control.open_loop()) {
    while (run_open_loop_turn(work, mine, control, worker)) {
    }
    return;
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
}

}  // namespace crossover
