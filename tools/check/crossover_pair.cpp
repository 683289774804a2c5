#include "tools/check/crossover_pair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/cell/child_process.hpp"
#include "bench/measure/findings.hpp"
#include "bench/models/run/usage.hpp"
#include "bench/results/findings.hpp"
#include "bench/results/json_text.hpp"
#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "reports/statistics/location.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

using nlohmann::json;

/// Length of a slice. A process that wakes runs for about 1 ms before it is preempted, so most
/// slices fall between two time slices of a competing process. On a loaded machine, blocks of 5 ms
/// slices scatter by three to ten times as much. In shorter slices the start would be a large part.
constexpr double slice_s = 0.001;
/// Minimum number of operations per lane and slice; with fewer, start and end of a run dominate.
constexpr double min_operations_per_lane = 4;
constexpr double warm_up_s = 0.01;
constexpr double first_run_s = 0.02;
/// Total measured time of one block.
constexpr double measured_s = 0.08;
constexpr double max_groups = 20, min_groups = 4;

cell_result listed_cell(const json& row) {
  cell_result cell;
  cell.name = row.at("name").get<std::string>();
  cell.workload = row.at("workload").get<std::string>();
  cell.parameters = row.at("parameters").get<std::map<std::string, std::string>>();
  cell.model = row.at("model").get<std::string>();
  cell.cores = row.at("cores").get<std::uint32_t>();
  cell.in_flight = row.at("in_flight").get<std::uint32_t>();
  cell.reason = row.value("reason", "");
  if (row.at("status") != "runnable") cell.status = cell_status::skipped;
  return cell;
}

/// A cell that runs a script measures the interpreter, not one of the two programs.
bool runs_a_script(const cell_result& cell) {
  const std::string name = cell.model.substr(0, cell.model.find(':'));
  return std::any_of(all_models().begin(), all_models().end(), [&](const model_type* type) {
    return type->name == name && !type->script.empty();
  });
}

/// Returns the program's own error message, or `e.what()` if it printed none.
std::string refusal_message(const process_failure& e) {
  std::string message = e.stderr_tail().empty() ? e.what() : e.stderr_tail();
  if (message.starts_with("crossover: ")) message.erase(0, 11);
  return message;
}

/// Returns the cells that a program lists for a selection.
results listed_by(const std::string& program, const std::vector<std::string>& selection,
                  const name_filter& filter) {
  std::vector<std::string> command = {program, "list", "--json"};
  command.insert(command.end(), selection.begin(), selection.end());
  std::string text;
  try {
    text = child_process(command).read_to_end(child_process::duration(60));
  } catch (const process_failure& e) {
    throw error(e.kind(), refusal_message(e));
  }
  try {
    results listed;
    const json document = parse_json(text);
    for (const json& row : document.at("cells")) {
      cell_result cell = listed_cell(row);
      if (cell.status == cell_status::ok && runs_a_script(cell)) {
        cell.status = cell_status::skipped;
        cell.reason = "its model runs in an interpreter, not in the two programs";
      }
      if (filter.keeps(cell.name)) listed.cells.push_back(std::move(cell));
    }
    return listed;
  } catch (const json::exception&) {
    throw error(error_kind::failed, "`list --json` printed no list of cells");
  }
}

/// Returns what the workload connects to. Parameters that only the other build has are ignored.
target_kind target_wanted(const workload_type& type,
                          const std::map<std::string, std::string>& parameters) {
  std::map<std::string, std::string> known;
  for (const parameter& p : type.parameters)
    if (const auto value = parameters.find(std::string(p.name)); value != parameters.end())
      known.insert(*value);
  return target_of(type, parameter_values(type.name, type.parameters, known));
}

template <typename Function>
auto as_side_failure(Function act) {
  try {
    return act();
  } catch (const arm_failure& e) {
    throw side_failure(e.is_b() ? side::candidate : side::baseline, e.what());
  }
}

}  // namespace

crossover_pair::crossover_pair(const std::string& old_program, const std::string& new_program,
                               const crossover_pair_options& options, check_result& unmatched)
    : old_program_(old_program),
      new_program_(new_program),
      options_(options),
      judged_(judged_metric(options.metric)),
      machine_(read_machine()),
      servers_(new_program, {}),
      random_(options.seed) {
  const name_filter filter(options.filter);
  results listed[2];
  std::string refusal[2];
  for (const int which : {0, 1}) try {
      listed[which] = listed_by(which == 0 ? old_program : new_program, options.selection, filter);
    } catch (const interrupted&) {
      throw;
    } catch (const error& e) {
      refusal[which] = e.what();
      unmatched.notes.push_back(fmt::format("{} has none of these cells: {}",
                                            which == 0 ? old_program : new_program,
                                            refusal[which]));
    }
  if (!refusal[0].empty() && !refusal[1].empty()) throw error(error_kind::invalid, refusal[1]);
  for (const cell_pair& pair : match_cells(listed[0], listed[1], unmatched)) {
    paired_cell& cell = cells_.emplace_back();
    cell.what = *pair.candidate;
    if (!(pair.baseline->parameters == pair.candidate->parameters &&
          pair.baseline->model == pair.candidate->model))
      unmatched.notes.push_back(fmt::format(
          "'{}': the two programs list different parameters; both get those of the candidate",
          pair.candidate->name));
  }
}

std::vector<std::string> crossover_pair::cells() const {
  std::vector<std::string> names;
  for (const paired_cell& cell : cells_) names.push_back(cell.what.name);
  return names;
}

void crossover_pair::arm_both(paired_cell& cell) {
  const cpu_assignment cpus = assign_cpus(machine_, *cell.what.cores);
  duel_arm shared;
  shared.preparation.workload = cell.what.workload;
  shared.preparation.parameters = cell.what.parameters;
  shared.preparation.parameters.erase("rate");
  const named_parameters model = parse_named_parameters(cell.what.model);
  shared.preparation.model = model.name;
  shared.preparation.model_parameters = model.values;
  shared.preparation.cores = cpus.cell;
  shared.preparation.in_flight = *cell.what.in_flight;
  const auto known =
      std::find_if(all_workloads().begin(), all_workloads().end(),
                   [&](const workload_type* type) { return type->name == cell.what.workload; });
  // A workload unknown to this program may need a server. The candidate tries to start one and
  // reports an error if none is needed.
  const target_kind wanted = known == all_workloads().end()
                                 ? target_kind::server
                                 : target_wanted(**known, shared.preparation.parameters);
  if (wanted != target_kind::none) try {
      cell.server =
          servers_.server_for(cell.what.workload, shared.preparation.parameters, wanted, cpus);
      shared.preparation.endpoint = cell.server.endpoint;
    } catch (const interrupted&) {
      throw;
    } catch (const error& e) {
      if (known != all_workloads().end())
        throw side_failure(side::candidate, fmt::format("server: {}", e.what()));
    }
  cell.old_arm = cell.new_arm = shared;
  cell.old_arm.command = {old_program_, "cell"};
  cell.new_arm.command = {new_program_, "cell"};
}

double crossover_pair::prepare(std::size_t i) {
  paired_cell& cell = cells_[i];
  if (cell.what.parameters.contains("rate"))
    throw error(error_kind::unsupported,
                "open-loop cells cannot be measured in millisecond slices; compare two results "
                "files instead");
  arm_both(cell);
  const bool slowed = options_.slower > 0 &&
                      name_filter(options_.slower_in, "--inject-slowdown").keeps(cell.what.name);
  cell.plan.slice_s = slice_s;
  cell.plan.warm_up_s = warm_up_s;
  cell.plan.grace_s = options_.grace_s;
  cell.plan.starts_together = options_.metric != "startup";
  double overhead_s = 0, operation_s = 0;
  std::uint64_t sampling_interval = 0;
  for (const side which : {side::baseline, side::candidate}) {
    const auto start = std::chrono::steady_clock::now();
    try {
      const sample first =
          try_arm(which == side::baseline ? cell.old_arm : cell.new_arm, cell.plan, first_run_s);
      overhead_s +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() -
          first_run_s;
      if (which == side::baseline)
        operation_s = first.wall_s / static_cast<double>(first.operations);
      if (first.latency)
        sampling_interval = std::min<std::uint64_t>(
            1024, std::max(sampling_interval, first.latency->sampling_interval));
    } catch (const interrupted&) {
      throw;
    } catch (const error& e) {
      throw side_failure(which, e.what());
    }
  }
  // Scaled so that every lane gets its minimum.
  cell.plan.operations = static_cast<std::uint64_t>(
      std::ceil(std::max(min_operations_per_lane * *cell.what.in_flight, slice_s / operation_s)));
  cell.old_arm.preparation.sampling_interval = cell.new_arm.preparation.sampling_interval =
      static_cast<std::uint32_t>(sampling_interval);
  if (slowed)
    cell.new_arm.preparation.injected_delay_ns =
        options_.slower / 100 * operation_s * 1e9 * *cell.what.cores;
  const double one_slice_s = static_cast<double>(cell.plan.operations) * operation_s;
  cell.plan.groups = static_cast<std::uint32_t>(
      std::clamp(std::round(measured_s / (4 * one_slice_s)), min_groups, max_groups));
  return overhead_s + 4 * cell.plan.groups * one_slice_s;
}

double crossover_pair::measure(std::size_t i) {
  paired_cell& cell = cells_[i];
  const double server_before = cell.server.pid >= 0 ? cpu_seconds_of(cell.server.pid) : 0;
  const duel_block block = as_side_failure(
      [&] { return run_duel_block(cell.old_arm, cell.new_arm, cell.plan, random_); });
  if (cell.server.pid >= 0) cell.server_cpu_s += cpu_seconds_of(cell.server.pid) - server_before;
  cell.measured_s += 2 * cell.plan.warm_up_s;
  for (const duel_group& group : block.groups)
    for (const sample* s : {&group.a[0], &group.a[1], &group.b[0], &group.b[1]})
      cell.measured_s += s->wall_s;
  std::vector<slice>& slices = slices_;
  slices.clear();
  const auto add = [&](side which, const sample& s) {
    const std::optional<double> figure = judged_.extract(cell.what, s);
    if (!figure || !(*figure > 0))
      throw error(error_kind::unsupported,
                  fmt::format("{} is {} in a slice of this cell; choose another --metric",
                              judged_.label, figure ? "0" : "not measured"));
    slices.push_back({which, *figure});
  };
  for (const duel_group& group : block.groups) {
    const auto [first, second] = group.a_first ? std::pair(side::baseline, side::candidate)
                                               : std::pair(side::candidate, side::baseline);
    const sample* outer = group.a_first ? group.a : group.b;
    const sample* inner = group.a_first ? group.b : group.a;
    add(first, outer[0]), add(second, inner[0]), add(second, inner[1]), add(first, outer[1]);
  }
  return worse_log_ratio(block_log_ratio(std::span<const slice>(slices)), judged_);
}

std::vector<std::string> crossover_pair::caveats(std::size_t i) const {
  const paired_cell& cell = cells_[i];
  if (cell.server.pid < 0 || cell.measured_s <= 0) return {};
  const double share =
      cell.server_cpu_s / (cell.measured_s * static_cast<double>(cell.server.cpus));
  if (share <= server_bound_share) return {};
  return {
      fmt::format("server_bound: the server used {:.0f} % of its CPUs and may hide a slower "
                  "program; {}",
                  100 * share, find_finding("server_bound")->remedy)};
}

std::string crossover_pair::last_order() const {
  std::string order;
  for (std::size_t i = 0; i < slices_.size(); i += 4)
    order += fmt::format("{}{}", order.empty() ? "" : " ",
                         slices_[i].which == side::baseline ? "ABBA" : "BAAB");
  return order;
}

std::string crossover_pair::probe(std::size_t i, side which) {
  const paired_cell& cell = cells_[i];
  try {
    try_arm(which == side::baseline ? cell.old_arm : cell.new_arm, cell.plan, first_run_s);
    return {};
  } catch (const interrupted&) {
    throw;
  } catch (const error& e) {
    return e.what();
  }
}

}  // namespace crossover
