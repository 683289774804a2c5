#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace crossover {

/// What a thread tells of itself while a run is traced.
enum class trace_mark : std::uint8_t {
  running,  ///< it works for this lane from now on
  idle,     ///< it works for no lane: the lane waits, or the model looks for what to do next
  begun,    ///< the lane's next operation begins now (an open loop; elsewhere it begins where the
            ///< last one ended)
  ended,    ///< the lane's operation ended well
  failed,   ///< the lane's operation ended in error
};

struct trace_point {
  std::int64_t ns = 0;  ///< on the monotonic clock
  std::uint32_t lane = 0;
  trace_mark mark = trace_mark::idle;
};

/// What one thread told, in order of time.
struct thread_points {
  int thread = 0;  ///< its kernel id
  int cpu = 0;     ///< on which it was at its first point
  std::vector<trace_point> points;
};

/// Gathers trace points of a cell's threads and forked workers, in memory that they share. Each
/// thread writes a part of its own. It records nothing until it is started, and is started once.
class trace_recorder {
 public:
  static constexpr std::uint32_t points_per_thread = 1 << 16;

  /// For up to so many threads. Throws `error` (resource).
  explicit trace_recorder(std::uint32_t threads);
  ~trace_recorder();
  trace_recorder(const trace_recorder&) = delete;
  trace_recorder& operator=(const trace_recorder&) = delete;

  void start();
  /// What was told since the start. Call when the run is over.
  std::vector<thread_points> take() const;
  /// Points for which there was no room.
  std::uint64_t lost() const;

  void record(trace_mark mark, std::uint32_t lane);

 private:
  struct part;
  struct header;
  header* shared_ = nullptr;
  part* parts_ = nullptr;
  std::uint32_t threads_;
  std::size_t bytes_;
};

/// The process's recorder; nullptr, which is all that a trace point costs, where nobody asked for a
/// trace.
inline trace_recorder* active_trace = nullptr;

constexpr std::uint32_t no_lane = ~std::uint32_t{0};

/// The lane that the calling thread works for.
std::uint32_t traced_lane();

/// The calling thread works for this lane from now on.
inline void trace_running(std::uint32_t lane) {
  if (active_trace != nullptr) [[unlikely]]
    active_trace->record(trace_mark::running, lane);
}
/// It works for none.
inline void trace_idle() {
  if (active_trace != nullptr) [[unlikely]]
    active_trace->record(trace_mark::idle, no_lane);
}
/// The operation of the lane that it works for begins, ended well, ended in error.
inline void trace_operation(trace_mark mark) {
  if (active_trace != nullptr) [[unlikely]]
    active_trace->record(mark, traced_lane());
}

/// The calling thread works for a lane as long as it lives.
class traced_lane_scope {
 public:
  explicit traced_lane_scope(std::uint32_t lane) { trace_running(lane); }
  ~traced_lane_scope() { trace_idle(); }
  traced_lane_scope(const traced_lane_scope&) = delete;
  traced_lane_scope& operator=(const traced_lane_scope&) = delete;
};

/// Lives as long as an operation waits and its thread does something else meanwhile: across a
/// co_await, a fiber's suspension.
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
