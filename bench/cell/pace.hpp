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

/// What ends a run and what times it. Set before the lanes are released; lies in memory that forked
/// workers share.
struct run_control {
  std::int64_t start_ns = 0;     ///< when the lanes were released
  std::int64_t deadline_ns = 0;  ///< no operation is issued after it; the largest value where
                                 ///< operations are counted instead
  std::uint64_t operations =
      0;  ///< how many in all, shared out among the lanes; 0: as many as there is time for
  std::uint32_t sampling_interval = 1;  ///< one operation in so many is timed
  std::int64_t added_ns =
      0;  ///< spun after each operation: a slowdown of known size, to calibrate comparisons with
  const std::int64_t* arrivals =
      nullptr;  ///< open loop: intended starts, in ns after start_ns, ascending
  std::uint64_t arrival_count = 0;
  std::atomic<std::uint64_t> next_arrival = 0;

  bool open_loop() const { return arrivals != nullptr; }

  /// Lane `number`'s share of the counted operations; "no end" where time ends the run.
  std::uint64_t quota(std::uint32_t number, std::uint32_t lanes) const {
    if (operations == 0) return ~std::uint64_t{0};
    return operations / lanes + (number < operations % lanes ? 1 : 0);
  }

  /// Open loop: the next operation's intended start (ns), first come first served; nothing when the
  /// schedule or the time is over.
  std::optional<std::int64_t> claim() {
    const std::uint64_t mine = next_arrival.fetch_add(1, std::memory_order_relaxed);
    if (mine >= arrival_count || now_ns() >= deadline_ns) return std::nullopt;
    return start_ns + arrivals[mine];
  }
};

/// Keeps the CPU busy for so long.
inline void spin_for(std::int64_t ns) {
  for (const std::int64_t end = now_ns() + ns; now_ns() < end;) {
  }
}

/// What one worker (thread, loop, process) counted in a run. Touched by that worker alone.
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

/// One lane's view of a closed-loop run: it issues the next operation as soon as the last has
/// ended, so an operation's latency runs from the end of the one before it. Where an operation is
/// so short that a clock reading would distort it, only one in `every` is timed; the deadline is
/// looked at then too.
class lane_pace {
 public:
  /// False when the lane has no share of the run.
  bool begin(const run_control& control, std::uint64_t quota, std::int64_t now) {
    control_ = &control;
    left_ = quota;
    issued_ns_ = now;
    plain_ = control.added_ns == 0 && active_trace == nullptr;
    wait_for_stamp();
    return quota > 0;
  }

  /// An operation ended well. Returns whether to issue another.
  bool done(tally& worker) {
    ++worker.operations;
    if (--until_stamp_ != 0) [[likely]]
      return --left_ != 0;
    return stamp(worker);
  }

  /// An operation ended in error: counted apart, not timed. Returns whether to issue another.
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
      // A slowdown or a trace has to do with every operation, timed or not.
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

  /// Until the clock is read next. Where it is not read after each operation, the timed ones are
  /// drawn at random: at fixed distances they could keep step with what the lanes do together, and
  /// the first of a run would always be among them.
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

  /// xorshift64 (Marsaglia 2003): an operation may take as little as 20 ns.
  static std::uint64_t random_number() {
    thread_local std::uint64_t state = static_cast<std::uint64_t>(now_ns()) | 1;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }

  const run_control* control_ = nullptr;
  std::uint64_t left_ = 0;
  std::int64_t issued_ns_ = 0;
  std::uint32_t until_stamp_ = 1;  ///< operations until `stamp` is called: nothing else is looked
                                   ///< at meanwhile, since one may take as little as 20 ns
  std::uint32_t until_timed_ = 1;  ///< operations until the clock is read
  bool timing_ = true;
  bool plain_ = true;  ///< neither slowed down nor traced
};

/// One operation of an open-loop run: from its claim to its end.
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
