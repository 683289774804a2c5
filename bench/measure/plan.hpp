#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/measure/machine.hpp"
#include "bench/models/model.hpp"
#include "bench/results/results.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Axes of a benchmark matrix; its cells are all combinations.
struct matrix {
  std::vector<named_parameters>
      workloads;  ///< names and the parameters that differ from the defaults
  std::vector<named_parameters> models;
  std::vector<std::uint32_t> cores;
  std::vector<std::uint32_t> in_flight;
  double rate = 0;           ///< operations per second of an open loop; 0: closed loop
  std::uint32_t blocks = 0;  ///< of each contest; 0: the scatter decides
};

/// One cell of the plan. It has cores and operations in flight.
struct planned_cell : cell_spec {
  std::string name;               ///< `network/event_loop/cores:1/in_flight:64/bytes:64/delay:0`
  std::string skip_reason;        ///< "" for a runnable cell
  std::vector<finding> findings;  ///< findings known before the run
  std::uint32_t blocks = 0;       ///< of its contest; 0: the scatter decides
};

/// Returns the matrix of one cell.
matrix matrix_of(const cell_spec& cell);

/// The machine's limits for one cell.
struct machine_limits {
  std::uint64_t descriptors = 0;  ///< hard limit of open files; a cell raises its limit to it
  std::uint64_t tasks = 0;        ///< threads and processes
};
/// Reads the limits of this process.
machine_limits read_limits();

/// Returns the cells in order, with distinct names, each runnable or skipped with a reason.
/// `endpoints`: the user's own server for a workload, as names and results show it. Throws `error`
/// (invalid) for an unknown name, a parameter out of range, more cores than available, or 0 in
/// flight.
std::vector<planned_cell> plan(const std::vector<matrix>& matrices, const machine& computer,
                               const machine_limits& limits,
                               const std::map<std::string, std::string>& endpoints = {});

/// Returns the threads or processes that a cell needs.
std::uint32_t workers_of(const cell_spec& cell);

/// Returns the minimum time in s of one operation, by arithmetic only; 0 if it is not known, as
/// for a workload of another build.
double min_operation_s(const cell_spec& cell);

/// Returns what the cell's operations connect to; nullopt for a workload of another build.
std::optional<target_kind> target_of(const cell_spec& cell);

/// A server that we start for a cell.
enum class needed_server {
  none,
  local,   ///< programs on other hosts cannot connect to it
  on_tcp,  ///< at HOST:PORT
};
needed_server needed_server_of(const cell_spec& cell);

/// Returns the row of the model table; nullptr for a model that this build does not know.
const model_type* model_type_of(const cell_spec& cell);

/// Returns the result of a planned cell that has not run yet.
cell_result result_of(const planned_cell& cell);

}  // namespace crossover
