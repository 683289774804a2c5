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
  /// Open loop: intended starts in ns after `start_ns`, ascending.
  const std::int64_t* arrivals = nullptr;
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
    const std::uint64_t index = next_arrival.fetch_add(1, std::memory_order_relaxed);
    if (index >= arrival_count || now_ns() >= deadline_ns) return std::nullopt;
    return start_ns + arrivals[index];
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
    operations_left_ = quota;
    issued_ns_ = now;
    uninstrumented_ = control.added_ns == 0 && active_trace == nullptr;
    choose_next_sample();
    return quota > 0;
  }

  /// Counts a successful operation. Returns whether to issue another.
  bool done(tally& worker) {
    ++worker.operations;
    if (--to_checkpoint_ != 0) [[likely]]
      return --operations_left_ != 0;
    return on_checkpoint(worker);
  }

  /// Counts an operation that ended in error, which is not timed. Returns whether to issue another.
  bool failed(tally& worker, const operation_error& e) {
    ++worker.errors[e.what()];
    trace_operation(trace_mark::failed);
    const std::int64_t now = now_ns();
    issued_ns_ = now;
    sample_next();
    return --operations_left_ != 0 && now < control_->deadline_ns;
  }

 private:
  [[gnu::noinline]] bool on_checkpoint(tally& worker) {
    if (!uninstrumented_) {
      // A slowdown or a trace concerns every operation, timed or not.
      if (control_->added_ns > 0) spin_for(control_->added_ns);
      trace_operation(trace_mark::ended);
      to_checkpoint_ = 1;
      if (--to_sample_ != 0) return --operations_left_ != 0;
    }
    const std::int64_t now = now_ns();
    if (sampling_) worker.latency.record(now - issued_ns_);
    if (sampling_ && control_->sampling_interval > 1)
      choose_next_sample();
    else
      sample_next();
    issued_ns_ = now;
    return --operations_left_ != 0 && now < control_->deadline_ns;
  }

  /// Chooses the next operation to time. The choice is random unless all are timed: at fixed
  /// distances the timed ones could fall into step with the lanes and would always include the
  /// first of a run.
  void choose_next_sample() {
    const std::uint32_t interval = control_->sampling_interval;
    if (interval == 1) return sample_next();
    sampling_ = false;
    // interval - 1 on average
    to_sample_ = 1 + static_cast<std::uint32_t>(random_number() % (2 * interval - 3));
    to_checkpoint_ = uninstrumented_ ? to_sample_ : 1;
  }

  void sample_next() {
    sampling_ = true;
    to_sample_ = to_checkpoint_ = 1;
  }

  /// xorshift64 (Marsaglia 2003), fast enough for operations of 20 ns.
  static std::uint64_t random_number() {
    thread_local std::uint64_t state = static_cast<std::uint64_t>(now_ns()) | 1;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }

  const run_control* control_ = nullptr;
  std::uint64_t operations_left_ = 0;
  std::int64_t issued_ns_ = 0;
  /// Operations to the next checkpoint. Nothing else is checked before it, since an operation may
  /// take as little as 20 ns.
  std::uint32_t to_checkpoint_ = 1;
  std::uint32_t to_sample_ = 1;  ///< operations to the next clock reading
  bool sampling_ = true;         ///< the next clock reading ends a timed operation
  bool uninstrumented_ = true;   ///< neither slowed down nor traced
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
  static void failed(tally& worker, const operation_error& e) {
    ++worker.errors[e.what()];
    trace_operation(trace_mark::failed);
  }
};

}  // namespace crossover
