#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/cell/cell_process.hpp"
#include "bench/measure/plan.hpp"
#include "bench/measure/servers.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// Timing of one slice, the turn of one arm: an unmeasured lead-in, then a window.
struct slice_plan {
  double seconds = 0.02;         ///< length of the window
  std::uint64_t operations = 0;  ///< instead of a window: a run of this many operations, as a whole
  double lead_s = 0.005;
  double jitter_s = 0;   ///< maximum of the random time added to the lead-in
  double stagger_s = 0;  ///< time over which the starts of the lanes are spread
  double rate = 0;       ///< operations per second of an open loop; 0: closed loop
  std::uint64_t seed = 1;
};

/// A contender in one block: a fresh process that runs slices in turn with other arms. It exists
/// from the construction on. Every member throws `error` and `interrupted`.
class arm {
 public:
  virtual ~arm() = default;
  /// Waits until the process is ready.
  virtual void start() = 0;
  /// Runs one slice. `operations` of the sample is 0 if none ended in the window.
  virtual sample slice(const slice_plan& plan) = 0;
  /// CPU time in s that the process and its children have used so far; nullopt if it cannot be
  /// read, because a launcher has started them on another machine or in a container.
  virtual std::optional<double> cpu_s() const = 0;
  /// Ends the process; returns its peak memory in bytes, if reported.
  virtual std::optional<std::uint64_t> finish() = 0;
  /// Facts about the arm for the results' environment, such as an interpreter's version.
  virtual std::map<std::string, std::string> environment() const { return {}; }
  /// Findings that are known when the process has started.
  virtual std::vector<finding> findings() const { return {}; }
  /// True if a sample counts a window; false for a cell that supports only protocol 1.
  virtual bool has_windows() const { return true; }
};

using arm_factory = std::function<std::unique_ptr<arm>(const cell_spec& cell)>;

/// Options for starting cell processes.
struct cell_options {
  std::string program;                  ///< path of this executable
  std::string cells;                    ///< directory of cells in other languages
  std::vector<std::string> launcher;    ///< command prefix of the cell
  int image = -1;                       ///< descriptor of a copy of `program` to execute, or -1
  std::vector<std::string> variables;   ///< "NAME=VALUE": environment of the cell
  std::vector<std::string> command;     ///< replaces the cell process of the model
  double grace_s = 20;                  ///< extra time for each reply before a cell is killed
  std::uint32_t sampling_interval = 0;  ///< time one operation in N; 0: the cell chooses N
  bool any_build = false;        ///< the program may be another build or version of crossover
  double injected_delay_ns = 0;  ///< busy-wait after each operation, for calibration
};

/// Starts a cell process on the CPUs of its cell and with its server.
std::unique_ptr<arm> cell_arm(const cell_options& options, const cell_spec& cell,
                              const machine& computer, server_pool& servers);

/// Returns a factory of `cell_arm`.
arm_factory cell_arms(cell_options options, machine computer, server_pool& servers);

/// Returns the `prepare` request of a cell.
cell_preparation preparation_of(const cell_options& options, const cell_spec& cell,
                                const cpu_assignment& cpus, const std::string& endpoint);

/// Starts the process of a cell. Its timeout grows with the minimum operation time: a 10 s wait
/// cannot end sooner.
cell_process process_of(const cell_options& options, const cell_spec& cell);

}  // namespace crossover
