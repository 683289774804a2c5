#include "bench/measure/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/cell/cell_process.hpp"
#include "bench/cell/usage.hpp"
#include "bench/measure/environment.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

cell_preparation preparation_of(const planned_cell& cell, const cpu_assignment& cpus,
                                const std::string& endpoint) {
  cell_preparation preparation;
  preparation.workload = cell.workload->name;
  // A cell in another language need not know every parameter: it gets only those that differ from
  // their defaults.
  for (const parameter& p : cell.workload->parameters) {
    const std::string& text = cell.workload_values.text(p.name);
    if (cell.model->script.empty() || text != p.default_value)
      preparation.parameters[std::string(p.name)] = text;
  }
  preparation.model = cell.model->name;
  for (const auto& [name, text] : cell.model_values.texts())
    preparation.model_parameters[name] = text;
  preparation.cores = cpus.cell;
  preparation.in_flight = cell.in_flight;
  preparation.endpoint = endpoint;
  return preparation;
}

double throughput(const sample& s) { return static_cast<double>(s.operations) / s.wall_s; }

/// Returns the minimum and maximum throughput over a cell's repetitions.
std::pair<double, double> range_of(const cell_result& cell) {
  double lowest = throughput(cell.samples.front()), highest = lowest;
  for (const sample& s : cell.samples) {
    lowest = std::min(lowest, throughput(s));
    highest = std::max(highest, throughput(s));
  }
  return {lowest, highest};
}

cell_process start_cell(const measure_options& options, const planned_cell& cell) {
  std::vector<std::string> command = options.launcher;
  if (cell.model->script.empty())
    command.insert(command.end(), {options.program, "cell"});
  else
    command.insert(command.end(),
                   {"python3", options.cells + "/" + std::string(cell.model->script)});
  // The timeout grows with the minimum operation time: a 10 s wait cannot end sooner.
  return cell_process(command,
                      options.grace_s + 3 * cell.workload->min_operation_s(cell.workload_values));
}

}  // namespace

measure_function measure_in_fresh_process(measure_options options, machine computer,
                                          server_pool& servers) {
  return [options = std::move(options), computer = std::move(computer), &servers,
          repetition = std::uint64_t{0}](const planned_cell& cell) mutable {
    const cpu_assignment cpus = assign_cpus(computer, cell.cores);
    const server_pool::server server = servers.server_for(cell, cpus);
    cell_process process = start_cell(options, cell);
    process.prepare(preparation_of(cell, cpus, server.endpoint));
    // The warm-up is a closed loop: at a low rate it could end without any operation.
    run_request request{options.warm_up_s, 0, 0, options.seed + repetition++};
    process.run(request);

    const double server_cpu_before = server.pid >= 0 ? cpu_seconds_of(server.pid) : 0;
    const double steal_before = steal_seconds(cpus.cell);
    const double pressure_before = pressure_seconds();
    request.seconds = options.seconds;
    request.rate = cell.rate;
    request.seed += 1'000'000;
    measurement m;
    m.result = process.run(request);
    m.result.steal_s = steal_seconds(cpus.cell) - steal_before;
    if (pressure_before >= 0) m.result.pressure_s = pressure_seconds() - pressure_before;
    if (server.pid >= 0) {
      m.result.server_cpu_s = cpu_seconds_of(server.pid) - server_cpu_before;
      m.result.server_cpus = static_cast<double>(server.cpus);
    }
    m.result.peak_rss_bytes = process.finish();
    m.environment = process.environment();
    m.findings = findings_of(cell, m.result);
    if (server.pid >= 0 && cpus.shared)
      m.findings.push_back(
          {"shared_cores",
           "the server ran on the cell's own cores, since this machine has no others: "
           "both competed for CPU time"});
    return m;
  };
}

std::pair<sample, run_trace> trace_in_fresh_process(const measure_options& options,
                                                    const machine& computer, server_pool& servers,
                                                    const planned_cell& cell,
                                                    double operations_per_s) {
  const cpu_assignment cpus = assign_cpus(computer, cell.cores);
  cell_preparation preparation =
      preparation_of(cell, cpus, servers.server_for(cell, cpus).endpoint);
  preparation.trace = true;
  cell_process process = start_cell(options, cell);
  process.prepare(preparation);
  process.run({options.warm_up_s, 0, 0, options.seed});
  // 50 ms, but at least four operations per lane and at most what a viewer can show.
  constexpr double seconds = 0.05, max_operations = 4000;
  const double min_operations = std::min(max_operations, 4.0 * cell.in_flight);
  run_request request;
  if (cell.rate > 0) {
    request.rate = cell.rate;
    request.seconds = std::clamp(seconds * cell.rate, 5.0, max_operations) / cell.rate;
    request.seed = options.seed;
  } else {
    request.operations = static_cast<std::uint64_t>(
        std::clamp(seconds * operations_per_s, std::max(1.0, min_operations), max_operations));
  }
  auto traced = process.run_traced(request);
  process.finish();
  return traced;
}

std::vector<finding> findings_of(const planned_cell& cell, const sample& s) {
  std::vector<finding> findings;
  if (s.server_cpu_s && s.server_cpus) {
    const double share = *s.server_cpu_s / (s.wall_s * *s.server_cpus);
    if (share > server_bound_share)
      findings.push_back(
          {"server_bound", fmt::format("the server used {:.0f} % of its {:g} CPUs: the figure is "
                                       "the server's limit, not the model's",
                                       100 * share, *s.server_cpus)});
  }
  if (s.steal_s && *s.steal_s > 0.02 * s.wall_s * cell.cores)
    findings.push_back({"steal", fmt::format("the hypervisor took {:.1f} % of the cell's CPU time",
                                             100 * *s.steal_s / (s.wall_s * cell.cores))});
  std::uint64_t errors = 0;
  for (const auto& [name, count] : s.errors) errors += count;
  if (errors > 0)
    findings.push_back(
        {"errors",
         fmt::format(
             "{} operations ended in error, mostly {}", errors,
             std::max_element(s.errors.begin(), s.errors.end(), [](const auto& a, const auto& b) {
               return a.second < b.second;
             })->first)});
  if (s.arrivals && s.arrivals->due > 0) {
    const std::uint64_t never = s.arrivals->due - s.arrivals->begun;
    if (never + s.arrivals->late > 0.02 * static_cast<double>(s.arrivals->due))
      findings.push_back(
          {"behind_schedule", fmt::format("of {} arrivals, {} were begun late and {} never",
                                          s.arrivals->due, s.arrivals->late, never)});
  }
  if (!s.rate && s.latency && s.latency->count() > 0) {
    // Little's law. Operations cut short by the end of the run count less, so short runs deviate.
    const double in_flight = throughput(s) * s.latency->mean_ns * 1e-9;
    const double tolerance = 0.1 + 2.0 * cell.in_flight / static_cast<double>(s.operations);
    if (errors == 0 && std::abs(in_flight / cell.in_flight - 1) > tolerance)
      findings.push_back(
          {"littles_law", fmt::format("throughput × mean latency is {:.3g} with {} in "
                                      "flight: some waiting was not measured",
                                      in_flight, cell.in_flight)});
  }
  return findings;
}

void judge_ceilings(results& all) {
  const auto fail = [](cell_result& cell, const std::string& reason) {
    cell.status = cell_status::failed;
    cell.reason = reason;
    cell.findings.push_back({"above_ceiling", reason});
  };
  for (cell_result& cell : all.cells) {
    if (cell.status != cell_status::ok || cell.samples.empty() || !cell.cores) continue;
    const double lowest = range_of(cell).first;
    if (cell.ceiling && lowest > 1.01 * *cell.ceiling) {
      fail(cell, fmt::format("{:.4g} operations per second exceed in flight / delay = {:.4g}: work "
                             "was skipped",
                             lowest, *cell.ceiling));
      continue;
    }
    if (cell.ceiling || *cell.cores == 1) continue;
    double best_single = 0;
    bool compute_bound = true, measured_single = false;
    for (const cell_result& single : all.cells) {
      if (single.workload != cell.workload || single.parameters != cell.parameters ||
          single.cores != 1U || single.samples.empty())
        continue;
      best_single = std::max(best_single, range_of(single).second);
      measured_single = true;
      for (const sample& s : single.samples)
        if (!s.cpu_user_s || s.server_cpu_s ||
            *s.cpu_user_s + s.cpu_system_s.value_or(0) < 0.9 * s.wall_s)
          compute_bound = false;
    }
    compute_bound = compute_bound && measured_single;
    // Work that keeps one core busy gains at most a factor of k from k cores, apart from noise and
    // turbo clocks.
    if (best_single > 0 && compute_bound && lowest > 1.25 * *cell.cores * best_single)
      fail(cell, fmt::format("{:.4g} operations per second exceed {} times the best one-core rate "
                             "{:.4g}: work was skipped",
                             lowest, *cell.cores, best_single));
  }
}

}  // namespace crossover
