#include "bench/measure/traced_run.hpp"

#include <algorithm>

#include "bench/cell/cell_process.hpp"

namespace crossover {

std::pair<sample, run_trace> trace_in_fresh_process(const cell_options& options,
                                                    const machine& computer, server_pool& servers,
                                                    const cell_spec& cell,
                                                    double operations_per_s) {
  const cpu_assignment cpus = assign_cpus(computer, *cell.cores);
  cell_preparation preparation =
      preparation_of(options, cell, cpus, servers.server_for(cell, cpus).endpoint);
  preparation.trace = true;
  cell_process process = process_of(options, cell);
  process.prepare(preparation);
  process.run({.operations = *cell.in_flight});
  // 50 ms, but at least four operations per lane and not more than a viewer can show.
  constexpr double seconds = 0.05, max_operations = 4000;
  const double min_operations = std::min(max_operations, 4.0 * *cell.in_flight);
  run_request request;
  if (cell.rate > 0) {
    request.rate = cell.rate;
    request.seconds = std::clamp(seconds * cell.rate, 5.0, max_operations) / cell.rate;
  } else {
    request.operations = static_cast<std::uint64_t>(
        std::clamp(seconds * operations_per_s, std::max(1.0, min_operations), max_operations));
  }
  auto traced = process.run_traced(request);
  process.finish();
  return traced;
}

}  // namespace crossover
