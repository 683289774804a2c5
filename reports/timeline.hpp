#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "bench/results/trace.hpp"

namespace crossover {

/// Uninterrupted time of one thread on one CPU, for one lane's operation or for none. Slices of a
/// CPU do not overlap.
struct core_slice {
  int cpu = 0;
  int thread = 0;
  std::int64_t begin_ns = 0, end_ns = 0;  ///< from the start of the run
  /// Absent: the model's own work (its loop, its scheduler, its system calls).
  std::optional<std::uint32_t> lane;
  std::optional<std::uint64_t> operation;  ///< position in its lane, from 0
  bool preempted = false;                  ///< ended because the kernel gave the CPU to another
};

/// Activity of an operation during one phase.
enum class phase_kind { on_cpu, waits, preempted };
struct operation_phase {
  phase_kind kind = phase_kind::waits;
  std::int64_t begin_ns = 0, end_ns = 0;
  int cpu = 0;  ///< only for `on_cpu`
};

struct traced_operation {
  std::uint32_t lane = 0;
  std::uint64_t number = 0;  ///< position in its lane, from 0
  std::int64_t begin_ns = 0, end_ns = 0;
  bool failed = false;
  std::vector<operation_phase> phases;  ///< consecutive, from begin to end without gaps
};

/// CPU slices and operation phases of a traced run.
struct run_timeline {
  std::vector<core_slice> slices;  ///< by CPU, then by time
  /// Operations that ended within the run, by lane, then by time.
  std::vector<traced_operation> operations;
};

run_timeline timeline_of(const run_trace& trace);

/// Returns the timeline in the Chrome trace-event format (JSON object form, for Perfetto and
/// chrome://tracing). It has one track per CPU, and one per lane with its operations and their
/// phases. `otherData` holds the cell's name and the totals of the run's sample, to compare sums
/// with.
std::string trace_events(const run_trace& trace, const cell_result& cell, const sample& traced);

}  // namespace crossover
