#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/cell/pace.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// What a model is to run, on which CPUs, with how many operations in flight.
struct model_setup {
  const workload_type* type = nullptr;
  parameter_values workload_values;
  std::string endpoint;  ///< of the workload's server, or ""
  parameter_values model_values;
  std::vector<int> cpus;  ///< the process is already bound to them
  std::uint32_t in_flight = 1;
};

/// What the forked workers of a model used during a run (getrusage); the cell adds its own
/// process's.
struct child_usage {
  double cpu_user_s = 0, cpu_system_s = 0;
  std::uint64_t voluntary_switches = 0, involuntary_switches = 0, minor_faults = 0,
                major_faults = 0;
};

/// What a run came to.
struct run_outcome {
  std::int64_t begin_ns = 0, end_ns = 0;  ///< from the first worker's begin to the last one's end
  std::uint64_t begun = 0;
  std::vector<std::uint64_t> worker_operations;
  std::map<std::string, std::uint64_t> errors;
  latency_distribution latency, service;
  child_usage children;
};

/// HOW operations are run: a model, prepared. Its threads, processes and lanes live as long as it
/// does.
class model {
 public:
  virtual ~model() = default;
  /// Releases the lanes, returns when the last operation has ended. `control`'s start and deadline
  /// are set by the callee at the moment of release, from `seconds` (0: no deadline). Throws
  /// `error`.
  virtual run_outcome run(run_control& control, double seconds) = 0;
  /// The processes that belong to it, other than this one: for memory accounts.
  virtual std::vector<int> children() const { return {}; }
};

/// What models are told by the plan about a cell, to say whether it can be.
struct cell_request {
  const workload_type* type = nullptr;
  const parameter_values* workload_values = nullptr;
  const parameter_values* model_values = nullptr;
  std::uint32_t cores = 1;
  std::uint32_t in_flight = 1;
  bool open_loop = false;
};

/// A model's row in the table.
struct model_type {
  std::string_view name;
  std::string_view summary;
  std::span<const parameter> parameters;
  /// Makes the model ready: threads started, workers forked, lanes opened. The calling process has
  /// one thread.
  std::unique_ptr<model> (*prepare)(const model_setup&);
  /// Why this cell cannot be ("" when it can): a form that the workload lacks, a hand-written loop
  /// that nobody wrote.
  std::string (*unsupported_reason)(const cell_request&);
  /// Threads or processes that it needs for a cell, for the machine's limits.
  std::uint32_t (*workers)(const cell_request&);
  bool one_at_a_time = false;  ///< runs one operation on one core, whatever is asked for
  bool forks = false;  ///< its workers are processes: descriptors are per process, not per cell
  bool loops = false;  ///< many lanes share a thread: an operation that blocks holds up the others
  std::string_view script = {};  ///< runs in a cell process of CPython's, by this script of
                                 ///< `measuring::cells`; empty: in our own
};

/// Every model there is, in the order in which they are listed.
std::span<const model_type* const> all_models();

/// The model of this name. Throws `error` (invalid) with the nearest name.
const model_type& find_model(std::string_view name);

/// Sets start and deadline for lanes that are released now.
void release(run_control& control, double seconds);

/// Puts together what the workers counted and the recorders hold.
run_outcome gather(std::span<tally* const> workers, latency_recorder& latency,
                   latency_recorder& service);

}  // namespace crossover
