#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "bench/models/run/latency_recorder.hpp"
#include "bench/models/run/run_board.hpp"
#include "bench/models/run/usage.hpp"
#include "workloads/trace_points.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Busy-waits for `ns`.
inline void spin_for(std::int64_t ns) {
  for (const std::int64_t end = now_ns() + ns; now_ns() < end;) {
  }
}

/// Counts of one worker (thread, loop, process) in a run. Only that worker accesses it.
struct alignas(64) tally {
  /// `reads_usage`: the worker is a process of its own and reads its usage itself.
  tally(worker_slot& counter, latency_recorder& latency_into, latency_recorder& service_into,
        std::uint32_t worker, bool reads_usage = false)
      : slot(counter),
        latency(latency_into, worker),
        service(service_into, worker),
        reads_usage_(reads_usage) {}

  worker_slot& slot;
  std::uint64_t begun = 0;  ///< open loop: arrivals due in the window that were begun
  std::uint64_t late = 0;   ///< open loop: of these, begun more than `late_ns` after they were due
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::map<std::string, std::uint64_t, std::less<>> errors;  ///< in the window
  latency_recorder::buffer latency;
  latency_recorder::buffer service;

  void begin(const run_control& control) {
    begun = late = 0;
    errors.clear();
    phase_ = run_phase::lead_in;
    observe(control.phase.load(std::memory_order_relaxed));
    begin_ns = now_ns();
  }
  void end() {
    observe(run_phase::drain);
    end_ns = now_ns();
    latency.flush();
    service.flush();
  }

  /// Notes the phase of the run. A process reads its usage when it first sees an edge.
  void observe(run_phase phase) {
    if (phase != phase_) [[unlikely]]
      on_edge(phase);
  }
  bool in_window() const { return phase_ == run_phase::window; }
  /// Usage of a worker process during the window.
  usage used() const { return close_ - open_; }

  void count_error(const operation_error& e) {
    if (!in_window()) return;
    // No string on the stack: a fiber's stack keeps the redzones of frames that an exception has
    // left, which AddressSanitizer then reports.
    const std::string_view name = e.what();
    const auto known = errors.find(name);
    if (known == errors.end())
      errors.emplace(name, 1);
    else
      ++known->second;
  }

 private:
  void on_edge(run_phase phase) {
    if (reads_usage_ && phase_ == run_phase::lead_in) open_ = usage_of_this_process();
    if (reads_usage_ && phase == run_phase::drain) close_ = usage_of_this_process();
    phase_ = phase;
  }

  run_phase phase_ = run_phase::lead_in;
  bool reads_usage_;
  usage open_, close_;
};

/// Driver of one lane in a closed-loop run. It issues the next operation when the previous one has
/// ended, so an operation's latency starts at the end of the previous one. If operations are too
/// short to time individually, only one in `sampling_interval` is timed, and the end of the run
/// is checked only then.
class lane_pace {
 public:
  /// Begins the run of lane `number`; returns false if its quota is 0. Call it when the lane is
  /// about to issue its first operation.
  bool begin(run_control& control, std::uint32_t number, std::uint32_t lanes) {
    control_ = &control;
    operations_left_ = control.quota(number, lanes);
    if (operations_left_ == 0) return false;
    issued_ns_ = now_ns();
    control.lane_begins(number, lanes, issued_ns_);
    uninstrumented_ = control.added_ns == 0 && active_trace == nullptr;
    choose_next_sample();
    return true;
  }

  /// Counts a successful operation. Returns whether to issue another.
  bool done(tally& worker) {
    worker.slot.count_one();
    if (--to_checkpoint_ != 0) [[likely]]
      return --operations_left_ != 0;
    return on_checkpoint(worker);
  }

  /// Counts an operation that ended in error, which is not timed. Returns whether to issue another.
  bool failed(tally& worker, const operation_error& e) {
    worker.observe(control_->phase.load(std::memory_order_relaxed));
    worker.count_error(e);
    trace_operation(trace_mark::failed);
    issued_ns_ = now_ns();
    sample_next();
    return --operations_left_ != 0 && !control_->over();
  }

 private:
  [[gnu::noinline]] bool on_checkpoint(tally& worker) {
    if (!uninstrumented_) {
      // A slowdown or a trace applies to every operation, timed or not.
      if (control_->added_ns > 0) spin_for(control_->added_ns);
      trace_operation(trace_mark::ended);
      to_checkpoint_ = 1;
      if (--to_sample_ != 0) return --operations_left_ != 0;
    }
    const run_phase phase = control_->phase.load(std::memory_order_relaxed);
    worker.observe(phase);
    const std::int64_t now = now_ns();
    if (sampling_ && phase == run_phase::window) worker.latency.record(now - issued_ns_);
    if (sampling_ && control_->sampling_interval > 1)
      choose_next_sample();
    else
      sample_next();
    issued_ns_ = now;
    return --operations_left_ != 0 && phase != run_phase::drain;
  }

  /// Chooses the next operation to time. The choice is random unless all are timed. At fixed
  /// distances, the timed operations could be in step with the lanes and would always include the
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
  /// Operations until the next checkpoint. Nothing else is checked before it, because an operation
  /// may take only 20 ns.
  std::uint32_t to_checkpoint_ = 1;
  std::uint32_t to_sample_ = 1;  ///< operations until the next clock reading
  bool sampling_ = true;         ///< the next clock reading ends a timed operation
  bool uninstrumented_ = true;   ///< neither slowed down nor traced
};

/// An arrival counts as late if it begins more than this after it was due.
constexpr std::int64_t late_ns = 5'000'000;

/// One operation of an open-loop run, from claim to end. Its latency is recorded if it was due in
/// the window, even if it ends in the drain.
struct open_loop_turn {
  const run_control& control;
  std::int64_t intended_ns = 0;
  std::int64_t started_ns = 0;

  void start(tally& worker) {
    trace_operation(trace_mark::begun);
    started_ns = now_ns();
    worker.observe(control.phase.load(std::memory_order_relaxed));
    if (!control.due_in_window(intended_ns)) return;
    ++worker.begun;
    if (started_ns - intended_ns > late_ns) ++worker.late;
  }
  void done(tally& worker) const {
    const std::int64_t now = now_ns();
    worker.slot.count_one();
    worker.observe(control.phase.load(std::memory_order_relaxed));
    trace_operation(trace_mark::ended);
    if (!control.due_in_window(intended_ns)) return;
    worker.latency.record(now - intended_ns);
    worker.service.record(now - started_ns);
  }
  void failed(tally& worker, const operation_error& e) const {
    worker.observe(control.phase.load(std::memory_order_relaxed));
    worker.count_error(e);
    trace_operation(trace_mark::failed);
  }
};

}  // namespace crossover
