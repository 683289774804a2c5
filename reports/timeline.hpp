#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "bench/results/trace.hpp"

namespace crossover {

/// One thread on one CPU without interruption, for one lane's operation or for none. Slices of a
/// CPU do not overlap.
struct core_slice {
  int cpu = 0;
  int thread = 0;
  std::int64_t begin_ns = 0, end_ns = 0;  ///< from the start of the run
  std::optional<std::uint32_t>
      lane;  ///< absent: the model's own work (its loop, its scheduler, its system calls)
  std::optional<std::uint64_t> operation;  ///< the lane's how-manieth, from 0
  bool preempted = false;                  ///< it ended since the kernel gave the CPU to others
};

/// What an operation did for a while.
enum class phase_kind { on_cpu, waits, preempted };
struct operation_phase {
  phase_kind kind = phase_kind::waits;
  std::int64_t begin_ns = 0, end_ns = 0;
  int cpu = 0;  ///< of `on_cpu`
};

struct traced_operation {
  std::uint32_t lane = 0;
  std::uint64_t number = 0;  ///< the lane's how-manieth, from 0
  std::int64_t begin_ns = 0, end_ns = 0;
  bool failed = false;
  std::vector<operation_phase> phases;  ///< they fill it, one after the other
};

/// Which operation ran on which core when, and where it waited.
struct run_timeline {
  std::vector<core_slice> slices;  ///< by CPU, then by time
  std::vector<traced_operation>
      operations;  ///< by lane, then by time; those that ended within the run
};

run_timeline timeline_of(const run_trace& trace);

/// The timeline in the Chrome trace-event format (JSON object form, as Perfetto and
/// chrome://tracing open it): a track for each CPU, and one for each lane with its operations and,
/// within them, their phases. `otherData` holds the cell's name and the figures of the traced run's
/// sample, so that a reader can add up.
std::string trace_events(const run_trace& trace, const cell_result& cell, const sample& traced);

}  // namespace crossover
