#include "bench/measure/plan.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>

#include "workloads/base/error.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

/// File descriptors that a cell process needs in addition to its lanes: pipes, loops, timers.
constexpr std::uint64_t own_descriptors = 64;

/// A workload or model with its parameters.
template <typename Type>
struct chosen {
  const Type* type;
  parameter_values values;
};

/// Returns a row of a table with the given parameters; those that it does not know are left out.
template <typename Type>
std::optional<chosen<Type>> known(std::span<const Type* const> table, const std::string& name,
                                  const std::map<std::string, std::string>& parameters) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const Type* t) { return t->name == name; });
  if (row == table.end()) return std::nullopt;
  std::map<std::string, std::string> understood;
  for (const parameter& p : (*row)->parameters)
    if (const auto value = parameters.find(std::string(p.name)); value != parameters.end())
      understood.insert(*value);
  return chosen<Type>{*row, parameter_values(name, (*row)->parameters, understood)};
}

std::optional<chosen<workload_type>> known_workload(const cell_spec& cell) {
  return known(all_workloads(), cell.workload, cell.parameters);
}

std::string name_of(const cell_spec& cell, const workload_type& workload) {
  std::string name = fmt::format("{}/{}/cores:{}/in_flight:{}", cell.workload, cell.model_label(),
                                 *cell.cores, *cell.in_flight);
  for (const parameter& p : workload.parameters)
    if (const auto text = cell.parameters.find(std::string(p.name)); text != cell.parameters.end())
      name += fmt::format("/{}:{}", p.name, text->second);
  if (!cell.endpoint.empty()) name += fmt::format("/endpoint:{}", cell.endpoint);
  if (cell.rate > 0) name += fmt::format("/rate:{:g}", cell.rate);
  return name;
}

cell_request request_of(const cell_spec& cell, const chosen<workload_type>& workload,
                        const chosen<model_type>& model) {
  return {workload.type, &workload.values, &model.values,
          *cell.cores,   *cell.in_flight,  cell.rate > 0};
}

std::string find_skip_reason(const cell_spec& cell, const chosen<workload_type>& workload,
                             const chosen<model_type>& model, const machine_limits& limits) {
  if (workload.type->unsupported_reason != nullptr)
    if (std::string reason = workload.type->unsupported_reason(
            {&workload.values, *cell.in_flight, !cell.endpoint.empty()});
        !reason.empty())
      return reason;
  const cell_request request = request_of(cell, workload, model);
  if (std::string reason = unsupported_reason(*model.type, request); !reason.empty()) return reason;
  const std::uint64_t lanes_per_process = model.type->forks ? 1 : *cell.in_flight;
  const std::uint64_t workers = model.type->workers(request);
  const std::uint64_t descriptors = lanes_per_process * workload.type->descriptors_per_lane +
                                    (model.type->forks ? workers : 0) + own_descriptors;
  if (descriptors > limits.descriptors)
    return fmt::format("needs {} file descriptors, hard limit is {}: raise it with ulimit -Hn {}",
                       descriptors, limits.descriptors, descriptors);
  if (workers + 16 > limits.tasks)
    return fmt::format("needs {} {}, limit for this user is {}", workers,
                       model.type->forks ? "processes" : "threads", limits.tasks);
  return {};
}

std::uint64_t number_in(const char* path, std::uint64_t fallback) {
  std::ifstream in(path);
  std::uint64_t number = 0;
  return in >> number ? number : fallback;
}

planned_cell plan_one(const chosen<workload_type>& workload, const chosen<model_type>& model,
                      std::uint32_t cores, std::uint32_t in_flight, double rate,
                      const machine_limits& limits, const std::string& endpoint) {
  planned_cell cell;
  cell.workload = workload.type->name;
  cell.parameters = described_by(*workload.type, workload.values);
  cell.endpoint = endpoint;
  cell.model = model.type->name;
  const parameter_values defaults(model.type->name, model.type->parameters, {});
  for (const auto& [name, text] : model.values.texts())
    if (text != defaults.text(name)) cell.model_parameters[name] = text;
  cell.cores = cores;
  cell.in_flight = in_flight;
  cell.rate = rate;
  if (model.type->one_at_a_time && (cores > 1 || in_flight > 1)) {
    cell.cores = cell.in_flight = 1;
    cell.findings.push_back(
        {"in_flight_ignored",
         fmt::format("{} always runs one operation at a time on one core", cell.model)});
  }
  if (model.type->loops && target_of(*workload.type, workload.values) == target_kind::file)
    cell.findings.push_back(
        {"blocks_loop", fmt::format("{} works on a file and can only block: each operation holds "
                                    "up all others on its loop",
                                    cell.workload)});
  cell.name = name_of(cell, *workload.type);
  cell.skip_reason = find_skip_reason(cell, workload, model, limits);
  return cell;
}

}  // namespace

matrix matrix_of(const cell_spec& cell) {
  return {.workloads = {{cell.workload, cell.parameters}},
          .models = {{cell.model, cell.model_parameters}},
          .cores = {cell.cores.value_or(1)},
          .in_flight = {cell.in_flight.value_or(1)},
          .rate = cell.rate,
          .blocks = 0};
}

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
                               const std::map<std::string, std::string>& endpoints) {
  std::vector<planned_cell> cells;
  std::unordered_map<std::string, std::size_t> indices;  // by name
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
      const workload_type& workload_row = find_workload(chosen_workload.name);
      const chosen<workload_type> workload{
          &workload_row, {workload_row.name, workload_row.parameters, chosen_workload.values}};
      const auto own_server = endpoints.find(chosen_workload.name);
      const std::string endpoint = own_server == endpoints.end() ? "" : own_server->second;
      for (const named_parameters& chosen_model : m.models) {
        const model_type& model_row = find_model(chosen_model.name);
        const chosen<model_type> model{&model_row,
                                       {model_row.name, model_row.parameters, chosen_model.values}};
        for (const std::uint32_t cores : m.cores)
          for (const std::uint32_t in_flight : m.in_flight) {
            planned_cell cell =
                plan_one(workload, model, cores, in_flight, m.rate, limits, endpoint);
            cell.blocks = m.blocks;
            const auto [index, is_new] = indices.try_emplace(cell.name, cells.size());
            if (is_new) {
              cells.push_back(std::move(cell));
              continue;
            }
            // A duplicate of an existing cell adds its finding there, so that no request disappears
            // silently.
            planned_cell& existing = cells[index->second];
            if (existing.findings.empty()) existing.findings = std::move(cell.findings);
          }
      }
    }
  }
  return cells;
}

std::uint32_t workers_of(const cell_spec& cell) {
  const auto workload = known_workload(cell);
  const auto model = known(all_models(), cell.model, cell.model_parameters);
  return workload && model ? model->type->workers(request_of(cell, *workload, *model))
                           : *cell.in_flight;
}

double min_operation_s(const cell_spec& cell) {
  const auto workload = known_workload(cell);
  return workload ? workload->type->min_operation_s(workload->values) : 0;
}

std::optional<target_kind> target_of(const cell_spec& cell) {
  const auto workload = known_workload(cell);
  if (!workload) return std::nullopt;
  return target_of(*workload->type, workload->values);
}

needed_server needed_server_of(const cell_spec& cell) {
  if (!cell.endpoint.empty() || target_of(cell) != target_kind::server) return needed_server::none;
  return find_workload(cell.workload).try_endpoint == nullptr ? needed_server::on_tcp
                                                              : needed_server::local;
}

const model_type* model_type_of(const cell_spec& cell) {
  const auto model = known(all_models(), cell.model, {});
  return model ? model->type : nullptr;
}

cell_result result_of(const planned_cell& cell) {
  cell_result result;
  static_cast<cell_spec&>(result) = cell;
  result.name = cell.name;
  result.status = cell.skip_reason.empty() ? cell_status::ok : cell_status::skipped;
  result.reason = cell.skip_reason;
  result.findings = cell.findings;
  result.max_blocks = cell.blocks;
  if (const double minimum_s = min_operation_s(cell); minimum_s > 0)
    result.ceiling = *cell.in_flight / minimum_s;
  return result;
}

}  // namespace crossover
