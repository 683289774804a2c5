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

cell_preparation preparation_of(const planned_cell& cell, const cpu_assignment& given,
                                const std::string& endpoint) {
  cell_preparation what;
  what.workload = cell.workload->name;
  // A cell in another language need not know every parameter: it gets only those that differ from
  // their defaults.
  for (const parameter& p : cell.workload->parameters) {
    const std::string& text = cell.workload_values.text(p.name);
    if (cell.model->script.empty() || text != p.default_value)
      what.parameters[std::string(p.name)] = text;
  }
  what.model = cell.model->name;
  for (const auto& [name, text] : cell.model_values.texts()) what.model_parameters[name] = text;
  what.cores = given.cell;
  what.in_flight = cell.in_flight;
  what.endpoint = endpoint;
  return what;
}

double throughput(const sample& s) { return static_cast<double>(s.operations) / s.wall_s; }

/// Returns the minimum and maximum throughput over a cell's repetitions.
std::pair<double, double> range_of(const cell_result& cell) {
  double least = throughput(cell.samples.front()), most = least;
  for (const sample& s : cell.samples) {
    least = std::min(least, throughput(s));
    most = std::max(most, throughput(s));
  }
  return {least, most};
}

}  // namespace

namespace {

cell_process start_cell(const measuring& how, const planned_cell& cell) {
  std::vector<std::string> command = how.launcher;
  if (cell.model->script.empty())
    command.insert(command.end(), {how.program, "cell"});
  else
    command.insert(command.end(), {"python3", how.cells + "/" + std::string(cell.model->script)});
  // The timeout grows with the minimum operation time: a 10 s wait cannot end sooner.
  return cell_process(command,
                      how.grace_s + 3 * cell.workload->min_operation_s(cell.workload_values));
}

}  // namespace

measure_function measure_in_fresh_process(measuring how, machine here, server_pool& servers) {
  return [how = std::move(how), here = std::move(here), &servers,
          turn = std::uint64_t{0}](const planned_cell& cell) mutable {
    const cpu_assignment given = assign_cpus(here, cell.cores);
    const server_pool::place server = servers.server_for(cell, given);
    cell_process process = start_cell(how, cell);
    process.prepare(preparation_of(cell, given, server.endpoint));
    // The warm-up is a closed loop: at a low rate it could end without any operation.
    run_request request{how.warm_up_s, 0, 0, how.seed + turn++};
    process.run(request);

    const double fixture_before = server.pid >= 0 ? cpu_seconds_of(server.pid) : 0;
    const double stolen_before = stolen_seconds(given.cell);
    const double pressure_before = pressure_seconds();
    request.seconds = how.seconds;
    request.rate = cell.rate;
    request.seed += 1'000'000;
    measurement m;
    m.measured = process.run(request);
    m.measured.steal_s = stolen_seconds(given.cell) - stolen_before;
    if (pressure_before >= 0) m.measured.pressure_s = pressure_seconds() - pressure_before;
    if (server.pid >= 0) {
      m.measured.server_cpu_s = cpu_seconds_of(server.pid) - fixture_before;
      m.measured.server_cpus = static_cast<double>(server.cpus);
    }
    m.measured.peak_rss_bytes = process.finish();
    m.environment = process.environment();
    m.findings = findings_of(cell, m.measured);
    if (server.pid >= 0 && given.shared)
      m.findings.push_back(
          {"shared_cores",
           "the server ran on the cell's own cores, since this machine has no others: "
           "both competed for CPU time"});
    return m;
  };
}

std::pair<sample, run_trace> trace_in_fresh_process(const measuring& how, const machine& here,
                                                    server_pool& servers, const planned_cell& cell,
                                                    double operations_per_s) {
  const cpu_assignment given = assign_cpus(here, cell.cores);
  cell_preparation what = preparation_of(cell, given, servers.server_for(cell, given).endpoint);
  what.trace = true;
  cell_process process = start_cell(how, cell);
  process.prepare(what);
  process.run({how.warm_up_s, 0, 0, how.seed});
  // 50 ms, but at least four operations per lane and at most what a viewer can show.
  constexpr double seconds = 0.05, most = 4000;
  const double least = std::min(most, 4.0 * cell.in_flight);
  run_request request;
  if (cell.rate > 0) {
    request.rate = cell.rate;
    request.seconds = std::clamp(seconds * cell.rate, 5.0, most) / cell.rate;
    request.seed = how.seed;
  } else {
    request.operations = static_cast<std::uint64_t>(
        std::clamp(seconds * operations_per_s, std::max(1.0, least), most));
  }
  auto traced = process.run_traced(request);
  process.finish();
  return traced;
}

std::vector<finding> findings_of(const planned_cell& cell, const sample& s) {
  std::vector<finding> found;
  if (s.server_cpu_s && s.server_cpus) {
    const double share = *s.server_cpu_s / (s.wall_s * *s.server_cpus);
    if (share > server_bound_share)
      found.push_back(
          {"server_bound", fmt::format("the server used {:.0f} % of its {:g} CPUs: the figure is "
                                       "the server's limit, not the model's",
                                       100 * share, *s.server_cpus)});
  }
  if (s.steal_s && *s.steal_s > 0.02 * s.wall_s * cell.cores)
    found.push_back({"steal", fmt::format("the hypervisor took {:.1f} % of the cell's CPU time",
                                          100 * *s.steal_s / (s.wall_s * cell.cores))});
  std::uint64_t errors = 0;
  for (const auto& [name, count] : s.errors) errors += count;
  if (errors > 0)
    found.push_back(
        {"errors",
         fmt::format(
             "{} operations ended in error, mostly {}", errors,
             std::max_element(s.errors.begin(), s.errors.end(), [](const auto& a, const auto& b) {
               return a.second < b.second;
             })->first)});
  if (s.rate && s.achieved_rate && *s.achieved_rate < 0.98 * *s.rate)
    found.push_back({"behind_schedule",
                     fmt::format("{:.4g} operations per second were started, {:.4g} were intended",
                                 *s.achieved_rate, *s.rate)});
  if (!s.rate && s.latency && s.latency->count() > 0) {
    // Little's law. Operations cut short by the end of the run count less, so short runs deviate.
    const double in_flight = throughput(s) * s.latency->mean_ns * 1e-9;
    const double tolerance = 0.1 + 2.0 * cell.in_flight / static_cast<double>(s.operations);
    if (errors == 0 && std::abs(in_flight / cell.in_flight - 1) > tolerance)
      found.push_back({"littles_law", fmt::format("throughput × mean latency is {:.3g} with {} in "
                                                  "flight: some waiting was not measured",
                                                  in_flight, cell.in_flight)});
  }
  return found;
}

void judge_ceilings(results& all) {
  const auto fail = [](cell_result& cell, const std::string& why) {
    cell.status = cell_status::failed;
    cell.reason = why;
    cell.findings.push_back({"above_ceiling", why});
  };
  for (cell_result& cell : all.cells) {
    if (cell.status != cell_status::ok || cell.samples.empty() || !cell.cores) continue;
    const double least = range_of(cell).first;
    if (cell.ceiling && least > 1.01 * *cell.ceiling) {
      fail(cell, fmt::format("{:.4g} operations per second exceed in flight / delay = {:.4g}: work "
                             "was skipped",
                             least, *cell.ceiling));
      continue;
    }
    if (cell.ceiling || *cell.cores == 1) continue;
    double best_of_one = 0;
    bool compute_bound = true, any = false;
    for (const cell_result& one : all.cells) {
      if (one.workload != cell.workload || one.parameters != cell.parameters || one.cores != 1U ||
          one.samples.empty())
        continue;
      best_of_one = std::max(best_of_one, range_of(one).second);
      any = true;
      for (const sample& s : one.samples)
        if (!s.cpu_user_s || s.server_cpu_s ||
            *s.cpu_user_s + s.cpu_system_s.value_or(0) < 0.9 * s.wall_s)
          compute_bound = false;
    }
    compute_bound = compute_bound && any;
    // Work that keeps one core busy gains at most a factor of k from k cores, apart from noise and
    // turbo clocks.
    if (best_of_one > 0 && compute_bound && least > 1.25 * *cell.cores * best_of_one)
      fail(cell, fmt::format("{:.4g} operations per second exceed {} times the best one-core rate "
                             "{:.4g}: work was skipped",
                             least, *cell.cores, best_of_one));
  }
}

}  // namespace crossover
