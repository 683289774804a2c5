#pragma once

#include <algorithm>
#include <cstdint>

#include "bench/models/run/tally.hpp"
#include "workloads/trace_points.hpp"

namespace crossover {

/// Busy-waits for `ns` and returns the time at the end.
inline std::int64_t spin_for(std::int64_t ns) {
  std::int64_t now = now_ns();
  for (const std::int64_t end = now + ns; now < end;) now = now_ns();
  return now;
}

/// Driver of one lane in a closed-loop run. It issues the next operation when the previous one has
/// ended, so an operation's latency starts at the end of the previous one.
///
/// A lane runs its operations in stretches. Nothing is checked before the end of a stretch, because
/// an operation may take only 20 ns. There the clock is read and the next stretch is chosen:
///
///   run                              stretch
///   sampling interval 1              1 operation, timed
///   sampling interval N              alternately a random number, N - 1 on average, untimed,
///                                    and 1 operation, timed
///   the same, traced or slowed down  1 operation, timed with probability 1/N
///   after an error                   1 operation, timed
///
/// The latency of a timed operation is recorded.
class lane_pace {
 public:
  /// Begins the run of lane `number`; returns false if its quota is 0. Call it when the lane is
  /// about to issue its first operation.
  bool begin(run_control& control, std::uint32_t number, std::uint32_t lanes) {
    control_ = &control;
    left_ = control.quota(number, lanes);
    issued_ns_ = now_ns();
    if (left_ > 0) control.lane_begins(number, lanes, issued_ns_);
    timed_ = true;  // the first stretch follows a timed one
    return choose_stretch();
  }

  /// Counts a successful operation. Returns whether to issue another.
  bool done(tally& worker) {
    worker.slot.count_one();
    if (--stretch_left_ != 0) [[likely]]
      return true;
    return end_stretch(worker);
  }

  /// Operations of this stretch that have not ended. Who counts them down calls `end_stretch` after
  /// the last.
  std::uint32_t& stretch_left() { return stretch_left_; }

  /// Reads the clock and chooses the next stretch. Returns whether to issue another operation.
  [[gnu::noinline]] bool end_stretch(tally& worker) {
    const std::int64_t now = control_->added_ns > 0 ? spin_for(control_->added_ns) : now_ns();
    trace_operation(trace_mark::ended);
    const run_phase phase = control_->phase.load(std::memory_order_relaxed);
    worker.observe(phase);
    if (timed_ && phase == run_phase::window) worker.latency.record(now - issued_ns_);
    issued_ns_ = now;
    return choose_stretch() && phase != run_phase::drain;
  }

  /// Counts an operation that ended in error, which is not timed. Returns whether to issue another.
  bool failed(tally& worker, const operation_error& e) {
    worker.observe(control_->phase.load(std::memory_order_relaxed));
    worker.count_error(e);
    trace_operation(trace_mark::failed);
    issued_ns_ = now_ns();
    left_ += stretch_left_ - 1;
    return begin_stretch(true, 1) && !control_->over();
  }

 private:
  /// Chooses the next operations to time at random. Fixed distances could be in step with the lanes
  /// and would always include the first operation of a run.
  bool choose_stretch() {
    const std::uint32_t interval = control_->sampling_interval;
    if (interval == 1) return begin_stretch(true, 1);
    if (control_->added_ns > 0 || active_trace != nullptr)
      return begin_stretch(random_number() % interval == 0, 1);
    if (!timed_) return begin_stretch(true, 1);
    return begin_stretch(false,
                         1 + static_cast<std::uint32_t>(random_number() % (2 * interval - 3)));
  }

  bool begin_stretch(bool timed, std::uint32_t operations) {
    timed_ = timed;
    stretch_left_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(operations, left_));
    left_ -= stretch_left_;
    return stretch_left_ > 0;
  }

  /// xorshift64 (Marsaglia 2003), fast enough for operations of 20 ns.
  static std::uint64_t random_number() {
    thread_local std::uint64_t state = static_cast<std::uint64_t>(now_ns()) | 1;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }

  const run_control* control_ = nullptr;
  std::uint64_t left_ = 0;          ///< operations after this stretch
  std::int64_t issued_ns_ = 0;      ///< begin of the stretch
  std::uint32_t stretch_left_ = 0;  ///< operations of the stretch that have not ended
  bool timed_ = false;
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
