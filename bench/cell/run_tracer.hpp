#pragma once

#include <vector>

#include "bench/cell/cpu_switches.hpp"
#include "bench/results/trace.hpp"

namespace crossover {

/// Records the trace of one run: the threads' own points and the kernel's context switches.
class run_tracer {
 public:
  /// Becomes the process's `active_trace`. Call it before threads and workers start. Throws `error`
  /// (unsupported if the kernel refuses, resource).
  run_tracer(const std::vector<int>& cpus, std::uint32_t threads);
  ~run_tracer();
  run_tracer(const run_tracer&) = delete;
  run_tracer& operator=(const run_tracer&) = delete;

  /// Begins to record. Call it once.
  void start();
  /// Returns the trace of the run, whose window had these edges. Throws `error` (resource) if
  /// records did not fit.
  run_trace take(std::int64_t begin_ns, std::int64_t end_ns);

 private:
  cpu_switches switches_;
  trace_recorder points_;
};

}  // namespace crossover
