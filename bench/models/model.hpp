#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/models/run/pace.hpp"
#include "bench/models/run/window_observer.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// The cell that a model is prepared for.
struct model_setup {
  const workload_type* type = nullptr;
  parameter_values workload_values;
  std::string endpoint;  ///< the workload's server, or ""
  parameter_values model_values;
  std::vector<int> cpus;  ///< the process is already bound to these
  std::uint32_t in_flight = 1;
};

/// Result of a run: what happened in its window. The window of a counted run lasts from the release
/// of the lanes to the end of the last worker.
struct run_outcome {
  std::int64_t begin_ns = 0, end_ns = 0;  ///< edges of the window
  double start_s = 0;                     ///< longest delay of a lane's first operation
  double drain_s = 0;                     ///< from the close of the window to the last worker's end
  std::vector<std::uint64_t> worker_operations;
  std::vector<std::uint64_t> series;  ///< operations per 10 ms, if requested
  usage used;                         ///< of this process and its forked workers
  std::uint64_t due = 0;              ///< open loop: arrivals due in the window
  std::uint64_t begun = 0, late = 0;  ///< of these, begun at all and begun late
  std::map<std::string, std::uint64_t> errors;
  latency_distribution latency, service;
};

/// A prepared model: HOW operations are run. Owns its threads, processes and lanes.
class model {
 public:
  /// `workers`: number of workers that count operations.
  explicit model(std::size_t workers) : board_(workers) {}
  virtual ~model() = default;
  /// Runs the lanes through lead-in, window and drain. Returns when the last operation has ended.
  /// Throws `error`.
  run_outcome run(const run_plan& plan);
  /// Worker processes, without this one: their memory counts too.
  virtual std::vector<int> children() const { return {}; }

 protected:
  run_board board_;

 private:
  /// Runs the lanes, which `control` has released; returns when all have ended. Throws `error`.
  virtual worker_totals run_lanes(run_control& control) = 0;

  std::optional<window_observer> observer_;
};

/// A cell for a model to support or reject.
struct cell_request {
  const workload_type* type = nullptr;
  const parameter_values* workload_values = nullptr;
  const parameter_values* model_values = nullptr;
  std::uint32_t cores = 1;
  std::uint32_t in_flight = 1;
  bool open_loop = false;
};

/// A row in the model table.
struct model_type {
  std::string_view name;
  std::string_view summary;
  std::span<const parameter> parameters;
  /// Starts threads, forks workers and opens lanes. The calling process must have a single thread.
  std::unique_ptr<model> (*prepare)(const model_setup&);
  /// Returns why the model cannot run this cell, or "" if it can; nullptr: it can run every cell.
  std::string (*unsupported_reason)(const cell_request&) = nullptr;
  /// Threads or processes needed for a cell: checked against the machine's limits.
  std::uint32_t (*workers)(const cell_request&);
  bool one_at_a_time = false;  ///< always runs one operation at a time on one core
  bool forks = false;  ///< workers are processes: the descriptor limit applies to each of them
  bool lower_bound = false;                ///< a limit to compare with, not a contender
  std::string_view same_on_one_core = {};  ///< model that this one is on one core
  bool loops = false;  ///< lanes share a thread: an operation that blocks delays the others
  /// File in `cell_options::cells` that is the cell process, if that is in another language. Its
  /// argument is the model's name after the first '_'.
  std::string_view program = {};
  std::vector<std::string> (*interpreter)() = nullptr;  ///< command that starts it; nullptr: none
  std::span<const std::string> command = {};  ///< the user's own program that is the cell process
  /// Model that runs the operations, if the name is a command (`add_command_model`).
  const model_type* runs_as = nullptr;

  /// Returns whether the cell process is another program than this one.
  bool is_other_program() const { return !program.empty() || !command.empty(); }
};

/// Value of `model_type::prepare` for a model that is constructed from its setup.
template <typename Model>
std::unique_ptr<model> make_model(const model_setup& setup) {
  return std::make_unique<Model>(setup);
}

/// Values of `model_type::workers`.
inline std::uint32_t one_worker(const cell_request&) { return 1; }
inline std::uint32_t one_worker_per_core(const cell_request& cell) { return cell.cores; }
inline std::uint32_t one_worker_per_lane(const cell_request& cell) { return cell.in_flight; }

/// Returns why this model cannot run this cell, or "" if it can.
std::string unsupported_reason(const model_type& type, const cell_request& cell);

/// All models, in listing order: the built-in ones, then those that were added.
std::span<const model_type* const> all_models();

/// Returns the command of the cell process of a model that is another program; {} of any other.
/// `cells`: directory of the cells in other languages.
std::vector<std::string> other_program_of(const model_type& type, const std::string& cells);

/// Adds a model; the row must live as long as the process. Throws `error` (invalid) if there is one
/// of this name.
void add_model(const model_type& type);

/// Returns the model of this name. Throws `error` (invalid) with the nearest name.
const model_type& find_model(std::string_view name);

}  // namespace crossover
