#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "workloads/trace_points.hpp"

namespace crossover {

/// How a thread came onto a CPU or left it.
enum class switch_kind : std::uint8_t {
  waits,      ///< left it, since it had nothing to do
  in,         ///< came onto it
  preempted,  ///< left it, though it could have gone on
};

struct cpu_switch {
  std::int64_t ns = 0;  ///< on the monotonic clock
  int cpu = 0;
  int thread = 0;  ///< its kernel id
  switch_kind kind = switch_kind::in;
};

/// What is known of one traced run: what the threads told of their lanes, and what the kernel told
/// of the threads.
struct run_trace {
  std::int64_t begin_ns = 0, end_ns = 0;  ///< the sample's clock, on the monotonic clock
  std::vector<cpu_switch> switches;       ///< in order of time
  std::vector<thread_points> threads;
};

/// As a cell process answers it (PROTOCOL.md); reading throws `error` (failed) where it is not one.
nlohmann::json to_json(const run_trace& trace);
run_trace trace_from_json(const nlohmann::json& told);

}  // namespace crossover
