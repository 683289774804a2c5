#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace crossover {

/// Events that threads record in a traced run.
enum class trace_mark : std::uint8_t {
  running,  ///< the thread starts to work for this lane
  idle,     ///< the thread works for no lane: the lane waits, or the model selects the next one
  begun,    ///< open loop: the lane's next operation begins (closed loop: when the last one ends)
  ended,    ///< the lane's operation succeeded
  failed,   ///< the lane's operation failed
};

struct trace_point {
  std::int64_t ns = 0;  ///< monotonic clock
  std::uint32_t lane = 0;
  trace_mark mark = trace_mark::idle;
};

/// The points of one thread in order of time.
struct thread_points {
  int thread = 0;  ///< kernel thread id
  int cpu = 0;     ///< CPU at the first point
  std::vector<trace_point> points;
};

/// Collects the trace points of a cell's threads and forked workers in shared memory. Each thread
/// writes to parts of its own. Records nothing before `start`, which is called once.
class trace_recorder {
 public:
  static constexpr std::uint32_t points_per_thread = 1 << 16;

  /// Reserves address space for `threads` threads, or for more that record less. Throws `error`
  /// (resource).
  explicit trace_recorder(std::uint32_t threads);
  ~trace_recorder();
  trace_recorder(const trace_recorder&) = delete;
  trace_recorder& operator=(const trace_recorder&) = delete;

  void start();
  /// Returns the points recorded since the start. Call it after the run.
  std::vector<thread_points> take() const;
  /// Number of points that did not fit.
  std::uint64_t lost() const;

  void record(trace_mark mark, std::uint32_t lane);

 private:
  struct part;
  struct header;
  header* shared_ = nullptr;
  part* parts_ = nullptr;
  std::uint32_t part_count_;
  std::size_t bytes_;
};

/// The process's recorder; nullptr without a trace. A trace point then costs only this test.
inline trace_recorder* active_trace = nullptr;

constexpr std::uint32_t no_lane = ~std::uint32_t{0};

/// The lane that the calling thread is working for.
std::uint32_t traced_lane();

/// Records that the calling thread starts to work for `lane`.
inline void trace_running(std::uint32_t lane) {
  if (active_trace != nullptr) [[unlikely]]
    active_trace->record(trace_mark::running, lane);
}
/// Records that the calling thread works for no lane.
inline void trace_idle() {
  if (active_trace != nullptr) [[unlikely]]
    active_trace->record(trace_mark::idle, no_lane);
}
/// Records an event of the current lane's operation: begun, ended or failed.
inline void trace_operation(trace_mark mark) {
  if (active_trace != nullptr) [[unlikely]]
    active_trace->record(mark, traced_lane());
}

/// Marks the calling thread as working for a lane during the object's lifetime.
class traced_lane_scope {
 public:
  explicit traced_lane_scope(std::uint32_t lane) { trace_running(lane); }
  ~traced_lane_scope() { trace_idle(); }
  traced_lane_scope(const traced_lane_scope&) = delete;
  traced_lane_scope& operator=(const traced_lane_scope&) = delete;
};

/// Marks the calling thread as idle while an operation waits and the thread does other work: during
/// a co_await or while a fiber is suspended. The destructor marks it as running again.
class traced_wait {
 public:
  traced_wait() : lane_(active_trace != nullptr ? traced_lane() : no_lane) { trace_idle(); }
  ~traced_wait() { trace_running(lane_); }
  traced_wait(const traced_wait&) = delete;
  traced_wait& operator=(const traced_wait&) = delete;

 private:
  std::uint32_t lane_;
};

}  // namespace crossover
