#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "bench/cell/latency_recorder.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/trace_points.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Limits and sampling of one run. Set before the lanes are released, in memory that forked workers
/// share.
struct run_control {
  std::int64_t start_ns = 0;            ///< release of the lanes
  std::int64_t deadline_ns = 0;         ///< no operation is issued later; maximum value if none
  std::uint64_t operations = 0;         ///< total, divided among the lanes; 0: limited by time
  std::uint32_t sampling_interval = 1;  ///< one operation in N is timed
  std::int64_t added_ns = 0;  ///< busy-wait after each operation, a known slowdown for calibration
  const std::int64_t* arrivals =
      nullptr;  ///< open loop: intended starts in ns after start_ns, ascending
  std::uint64_t arrival_count = 0;
  std::atomic<std::uint64_t> next_arrival = 0;

  bool open_loop() const { return arrivals != nullptr; }

  /// Returns lane `number`'s share of the counted operations; the maximum value if time ends the
  /// run.
  std::uint64_t quota(std::uint32_t number, std::uint32_t lanes) const {
    if (operations == 0) return ~std::uint64_t{0};
    return operations / lanes + (number < operations % lanes ? 1 : 0);
  }

  /// Open loop: returns the next unclaimed intended start (ns), or nullopt after the last arrival
  /// or the deadline.
  std::optional<std::int64_t> claim() {
    const std::uint64_t mine = next_arrival.fetch_add(1, std::memory_order_relaxed);
    if (mine >= arrival_count || now_ns() >= deadline_ns) return std::nullopt;
    return start_ns + arrivals[mine];
  }
};

/// Busy-waits for `ns`.
inline void spin_for(std::int64_t ns) {
  for (const std::int64_t end = now_ns() + ns; now_ns() < end;) {
  }
}

/// Counts of one worker (thread, loop, process) in a run. Only that worker accesses it.
struct alignas(64) tally {
  tally(latency_recorder& latency_into, latency_recorder& service_into, std::uint32_t worker)
      : latency(latency_into, worker), service(service_into, worker) {}

  std::uint64_t operations = 0;
  std::uint64_t begun = 0;  ///< open loop: operations that were started
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::map<std::string, std::uint64_t> errors;
  latency_recorder::buffer latency;
  latency_recorder::buffer service;

  void begin() {
    operations = begun = 0;
    errors.clear();
    begin_ns = now_ns();
  }
  void end() {
    end_ns = now_ns();
    latency.flush();
    service.flush();
  }
};

/// Driver of one lane in a closed-loop run. It issues the next operation as soon as the last has
/// ended, so an operation's latency starts at the end of the one before it. If operations are too
/// short to time individually, only one in `sampling_interval` is timed, and the deadline is
/// checked only then.
class lane_pace {
 public:
  /// Starts a run; returns false if the lane's quota is 0.
  bool begin(const run_control& control, std::uint64_t quota, std::int64_t now) {
    control_ = &control;
    left_ = quota;
    issued_ns_ = now;
    plain_ = control.added_ns == 0 && active_trace == nullptr;
    wait_for_stamp();
    return quota > 0;
  }

  /// Counts a successful operation. Returns whether to issue another.
  bool done(tally& worker) {
    ++worker.operations;
    if (--until_stamp_ != 0) [[likely]]
      return --left_ != 0;
    return stamp(worker);
  }

  /// Counts an operation that ended in error, which is not timed. Returns whether to issue another.
  bool failed(tally& worker, const operation_error& what) {
    ++worker.errors[what.what()];
    trace_operation(trace_mark::failed);
    const std::int64_t now = now_ns();
    issued_ns_ = now;
    time_the_next();
    return --left_ != 0 && now < control_->deadline_ns;
  }

 private:
  [[gnu::noinline]] bool stamp(tally& worker) {
    if (!plain_) {
      // A slowdown or a trace concerns every operation, timed or not.
      if (control_->added_ns > 0) spin_for(control_->added_ns);
      trace_operation(trace_mark::ended);
      until_stamp_ = 1;
      if (--until_timed_ != 0) return --left_ != 0;
    }
    const std::int64_t now = now_ns();
    if (timing_) worker.latency.record(now - issued_ns_);
    if (timing_ && control_->sampling_interval > 1)
      wait_for_stamp();
    else
      time_the_next();
    issued_ns_ = now;
    return --left_ != 0 && now < control_->deadline_ns;
  }

  /// Chooses the next operation to time. The choice is random unless all are timed: at fixed
  /// distances the timed ones could fall into step with the lanes and would always include the
  /// first of a run.
  void wait_for_stamp() {
    const std::uint32_t interval = control_->sampling_interval;
    if (interval == 1) return time_the_next();
    timing_ = false;
    until_timed_ = 1 + static_cast<std::uint32_t>(random_number() %
                                                  (2 * interval - 3));  // interval - 1 on average
    until_stamp_ = plain_ ? until_timed_ : 1;
  }

  void time_the_next() {
    timing_ = true;
    until_timed_ = until_stamp_ = 1;
  }

  /// xorshift64 (Marsaglia 2003), fast enough for operations of 20 ns.
  static std::uint64_t random_number() {
    thread_local std::uint64_t state = static_cast<std::uint64_t>(now_ns()) | 1;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }

  const run_control* control_ = nullptr;
  std::uint64_t left_ = 0;
  std::int64_t issued_ns_ = 0;
  std::uint32_t until_stamp_ = 1;  ///< operations to the next checkpoint. Nothing else is
                                   ///< checked before it: one may take as little as 20 ns
  std::uint32_t until_timed_ = 1;  ///< operations to the next clock reading
  bool timing_ = true;
  bool plain_ = true;  ///< neither slowed down nor traced
};

/// One operation of an open-loop run, from claim to end.
struct open_loop_turn {
  std::int64_t intended_ns = 0;
  std::int64_t started_ns = 0;

  void start(tally& worker) {
    ++worker.begun;
    trace_operation(trace_mark::begun);
    started_ns = now_ns();
  }
  void done(tally& worker) const {
    const std::int64_t now = now_ns();
    ++worker.operations;
    trace_operation(trace_mark::ended);
    worker.latency.record(now - intended_ns);
    worker.service.record(now - started_ns);
  }
  static void failed(tally& worker, const operation_error& what) {
    ++worker.errors[what.what()];
    trace_operation(trace_mark::failed);
  }
};

}  // namespace crossover
