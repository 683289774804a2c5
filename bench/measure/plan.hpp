#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "bench/measure/machine.hpp"
#include "bench/models/model.hpp"
#include "bench/results/results.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// What to run against what: the cells are all combinations.
struct matrix {
  std::vector<named_parameters>
      workloads;  ///< names with the parameters that differ from the defaults
  std::vector<named_parameters> models;
  std::vector<std::uint32_t> cores;
  std::vector<std::uint32_t> in_flight;
  double rate = 0;  ///< operations a second, open loop; 0: closed loop
};

/// One cell of the plan, with all that is needed to run it.
struct planned_cell {
  std::string name;  ///< `network/event_loop/cores:1/in_flight:64/bytes:64/delay:0`
  const workload_type* workload = nullptr;
  parameter_values workload_values;
  const model_type* model = nullptr;
  parameter_values model_values;
  std::uint32_t cores = 1;
  std::uint32_t in_flight = 1;
  double rate = 0;
  std::string skip_reason;        ///< "" for a runnable cell
  std::vector<finding> findings;  ///< known before anything runs
};

/// What the machine lets a cell have.
struct machine_limits {
  std::uint64_t descriptors =
      0;                    ///< the hard limit of open files (what a cell raises its limit to)
  std::uint64_t tasks = 0;  ///< threads and processes
};
machine_limits read_limits();

/// Cells in order, no two of the same name, each runnable or skipped with a reason: there are no
/// silent holes. `external_servers`: workloads for which the user named a server of his own. Throws
/// `error` (invalid) for an unknown name, a parameter out of range, more cores than there are, 0 in
/// flight.
std::vector<planned_cell> plan(const std::vector<matrix>& matrices, const machine& here,
                               const machine_limits& limits,
                               const std::set<std::string>& external_servers = {});

/// A planned cell as it stands in results before it ran.
cell_result result_of(const planned_cell& cell);

}  // namespace crossover
