#include "bench/measure/plan.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "workloads/base/error.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

/// File descriptors that a cell process needs in addition to its lanes: pipes, loops, timers.
constexpr std::uint64_t own_descriptors = 64;

/// Returns "reference", or "reference:backend=poll" if a parameter differs from its default. Charts
/// draw one line for each.
std::string model_text(const model_type& model, const parameter_values& values) {
  std::string text(model.name);
  char separator = ':';
  const parameter_values defaults(model.name, model.parameters, {});
  for (const parameter& p : model.parameters) {
    if (values.text(p.name) == defaults.text(p.name)) continue;
    text += fmt::format("{}{}={}", separator, p.name, values.text(p.name));
    separator = ',';
  }
  return text;
}

std::string name_of(const planned_cell& cell) {
  std::string name =
      fmt::format("{}/{}/cores:{}/in_flight:{}", cell.workload->name,
                  model_text(*cell.model, cell.model_values), cell.cores, cell.in_flight);
  for (const parameter& p : cell.workload->parameters)
    if (const std::string& text = cell.workload_values.text(p.name); !text.empty())
      name += fmt::format("/{}:{}", p.name, text);
  if (cell.rate > 0) name += fmt::format("/rate:{:g}", cell.rate);
  return name;
}

cell_request request_of(const planned_cell& cell) {
  return {cell.workload, &cell.workload_values, &cell.model_values,
          cell.cores,    cell.in_flight,        cell.rate > 0};
}

std::string find_skip_reason(const planned_cell& cell, const machine_limits& limits,
                             bool external_server) {
  if (cell.workload->unsupported_reason != nullptr)
    if (std::string reason = cell.workload->unsupported_reason(
            {&cell.workload_values, cell.in_flight, external_server});
        !reason.empty())
      return reason;
  const cell_request request = request_of(cell);
  if (std::string reason = unsupported_reason(*cell.model, request); !reason.empty()) return reason;
  const std::uint64_t lanes_per_process = cell.model->forks ? 1 : cell.in_flight;
  const std::uint64_t workers = cell.model->workers(request);
  const std::uint64_t descriptors = lanes_per_process * cell.workload->descriptors_per_lane +
                                    (cell.model->forks ? workers : 0) + own_descriptors;
  if (descriptors > limits.descriptors)
    return fmt::format("needs {} file descriptors, hard limit is {}: raise it with ulimit -Hn {}",
                       descriptors, limits.descriptors, descriptors);
  if (workers + 16 > limits.tasks)
    return fmt::format("needs {} {}, limit for this user is {}", workers,
                       cell.model->forks ? "processes" : "threads", limits.tasks);
  return {};
}

std::uint64_t number_in(const char* path, std::uint64_t fallback) {
  std::ifstream in(path);
  std::uint64_t number = 0;
  return in >> number ? number : fallback;
}

planned_cell plan_one(const workload_type& workload, const parameter_values& workload_values,
                      const model_type& model, const parameter_values& model_values,
                      std::uint32_t cores, std::uint32_t in_flight, double rate,
                      const machine_limits& limits, bool external_server) {
  planned_cell cell{{}, &workload, workload_values, &model, model_values, cores, in_flight, rate,
                    {}, {}};
  if (model.one_at_a_time && (cores > 1 || in_flight > 1)) {
    cell.cores = cell.in_flight = 1;
    cell.findings.push_back(
        {"in_flight_ignored",
         fmt::format("{} always runs one operation at a time on one core", model.name)});
  }
  if (model.loops && target_of(workload, workload_values) == target_kind::file)
    cell.findings.push_back(
        {"blocks_loop", fmt::format("{} works on a file and can only block: each operation holds "
                                    "up all others on its loop",
                                    workload.name)});
  cell.name = name_of(cell);
  cell.skip_reason = find_skip_reason(cell, limits, external_server);
  return cell;
}

}  // namespace

machine_limits read_limits() {
  machine_limits limits;
  rlimit bound{};
  ::getrlimit(RLIMIT_NOFILE, &bound);
  limits.descriptors = bound.rlim_max;
  ::getrlimit(RLIMIT_NPROC, &bound);
  limits.tasks = std::min<std::uint64_t>(bound.rlim_max,
                                         number_in("/proc/sys/kernel/threads-max", UINT64_MAX));
  limits.tasks = std::min(limits.tasks, number_in("/proc/sys/kernel/pid_max", UINT64_MAX));
  return limits;
}

std::vector<planned_cell> plan(const std::vector<matrix>& matrices, const machine& computer,
                               const machine_limits& limits,
                               const std::set<std::string>& external_servers) {
  std::vector<planned_cell> cells;
  std::set<std::string> names;
  for (const matrix& m : matrices) {
    for (const std::uint32_t cores : m.cores)
      if (cores == 0 || cores > computer.usable())
        throw error(error_kind::invalid, fmt::format("--cores {}: must be 1 to {} on this machine",
                                                     cores, computer.usable()));
    for (const std::uint32_t in_flight : m.in_flight)
      if (in_flight == 0 || in_flight > 1'000'000)
        throw error(error_kind::invalid,
                    fmt::format("--in-flight {}: must be 1 to 1000000", in_flight));
    for (const named_parameters& chosen_workload : m.workloads) {
      const workload_type& workload = find_workload(chosen_workload.name);
      const parameter_values workload_values(workload.name, workload.parameters,
                                             chosen_workload.values);
      const bool external_server = external_servers.contains(std::string(workload.name));
      for (const named_parameters& chosen_model : m.models) {
        const model_type& model = find_model(chosen_model.name);
        const parameter_values model_values(model.name, model.parameters, chosen_model.values);
        for (const std::uint32_t cores : m.cores)
          for (const std::uint32_t in_flight : m.in_flight) {
            planned_cell cell = plan_one(workload, workload_values, model, model_values, cores,
                                         in_flight, m.rate, limits, external_server);
            if (names.insert(cell.name).second) {
              cells.push_back(std::move(cell));
              continue;
            }
            // A duplicate of an existing cell adds its finding there, so that no request disappears
            // silently.
            auto& existing = *std::find_if(cells.begin(), cells.end(), [&](const planned_cell& c) {
              return c.name == cell.name;
            });
            if (existing.findings.empty()) existing.findings = std::move(cell.findings);
          }
      }
    }
  }
  return cells;
}

std::uint32_t workers_of(const planned_cell& cell) { return cell.model->workers(request_of(cell)); }

cell_result result_of(const planned_cell& cell) {
  cell_result result;
  result.name = cell.name;
  result.workload = cell.workload->name;
  for (const auto& [name, text] : cell.workload_values.texts()) result.parameters[name] = text;
  if (cell.rate > 0) result.parameters["rate"] = fmt::format("{:g}", cell.rate);
  result.model = model_text(*cell.model, cell.model_values);
  result.cores = cell.cores;
  result.in_flight = cell.in_flight;
  result.status = cell.skip_reason.empty() ? cell_status::ok : cell_status::skipped;
  result.reason = cell.skip_reason;
  result.findings = cell.findings;
  if (const double minimum_s = cell.workload->min_operation_s(cell.workload_values); minimum_s > 0)
    result.ceiling = cell.in_flight / minimum_s;
  return result;
}

}  // namespace crossover
