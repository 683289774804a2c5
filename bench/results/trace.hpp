#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "workloads/trace_points.hpp"

namespace crossover {

/// Kind of a context switch, as seen by the thread.
enum class switch_kind : std::uint8_t {
  waits,      ///< left the CPU to wait
  in,         ///< came onto the CPU
  preempted,  ///< left the CPU although it could have continued
};

struct cpu_switch {
  std::int64_t ns = 0;  ///< monotonic clock
  int cpu = 0;
  int thread = 0;  ///< kernel thread id
  switch_kind kind = switch_kind::in;
};

/// Trace of one run: what the threads recorded about their lanes and what the kernel recorded about
/// the threads.
struct run_trace {
  std::int64_t begin_ns = 0, end_ns = 0;  ///< begin and end of the sample, monotonic clock
  std::vector<cpu_switch> switches;       ///< in order of time
  std::vector<thread_points> threads;
};

/// Converts a trace to and from JSON as in PROTOCOL.md. Reading throws `error` (failed) if
/// malformed.
nlohmann::json to_json(const run_trace& trace);
run_trace trace_from_json(const nlohmann::json& document);

}  // namespace crossover
