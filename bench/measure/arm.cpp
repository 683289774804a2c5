#include "bench/measure/arm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/measure/environment.hpp"
#include "bench/models/run/usage.hpp"
#include "bench/results/version.hpp"
#include "workloads/parameters.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

bool runs_in_other_program(const cell_spec& cell) {
  const model_type* const type = model_type_of(cell);
  return type != nullptr && type->is_other_program();
}

/// Returns the command of a cell process.
std::vector<std::string> command_of(const cell_options& options, const cell_spec& cell) {
  if (!options.command.empty()) return options.command;
  if (!runs_in_other_program(cell)) return {options.program, "cell"};
  return other_program_of(*model_type_of(cell), options.cells);
}

/// Returns the name and version that the cell process has to report; "" for a program of the user.
std::string program_of(const cell_options& options, const cell_spec& cell) {
  if (options.any_build) return {};
  if (!runs_in_other_program(cell)) return fmt::format("crossover {}", program_version());
  const std::string_view program = model_type_of(cell)->program;
  return program.empty() ? "" : fmt::format("{} {}", program, program_version());
}

/// Returns whether the user's launcher may start cells on another machine or other CPUs.
bool starts_elsewhere(const cell_options& options) { return !options.launcher.empty(); }

class cell_process_arm final : public arm {
 public:
  cell_process_arm(const cell_options& options, const cell_spec& cell, const cpu_assignment& cpus,
                   server_pool& servers)
      : cpus_(cpus),
        servers_(servers),
        server_(servers.server_for(cell, cpus)),
        preparation_(preparation_of(options, cell, cpus, server_.endpoint)),
        expected_program_(program_of(options, cell)),
        may_be_elsewhere_(starts_elsewhere(options)),
        process_(process_of(options, cell)) {}

  void start() override {
    or_server_failure([&] { process_.prepare(preparation_); });
    if (!expected_program_.empty()) process_.expect_program(expected_program_);
    locate();
  }

  sample slice(const slice_plan& plan) override {
    sample measured;
    or_server_failure([&] { measured = run(plan); });
    return measured;
  }

  std::optional<double> cpu_s() const override {
    return pid_ ? std::optional(cpu_seconds_of(*pid_)) : std::nullopt;
  }
  std::optional<std::uint64_t> finish() override { return process_.finish(); }
  std::map<std::string, std::string> environment() const override { return process_.environment(); }
  std::vector<finding> findings() const override {
    if (const std::optional<cell_location> cell = reported_location();
        cell && !share_machine(*cell, here_))
      return {{"other_machine", fmt::format("the cells ran on {}", cell->host)}};
    if (server_.pid < 0 || !shares_cpus()) return {};
    return {
        {"shared_cores",
         "the server ran on the cell's own cores, since the machine or its quota has no others"}};
  }
  bool has_windows() const override { return process_.protocol() >= 2; }

 private:
  /// Finds out which of the cell's figures can be read from outside. A launcher's own process
  /// differs from the cell's, and so may its machine.
  void locate() {
    const std::optional<cell_location> cell = reported_location();
    if (!cell) {
      if (may_be_elsewhere_) return;
      pid_ = process_.pid();
      cores_ = cpus_.cell;
    } else if (share_machine(*cell, here_)) {
      cores_ = cell->cores;
      if (cell->pid_namespace == here_.pid_namespace) pid_ = cell->pid;
    }
  }

  /// Returns nullopt if the cell does not report its location, or if /proc is hidden from it or us.
  std::optional<cell_location> reported_location() const {
    const std::optional<cell_location>& cell = process_.location();
    return cell && !cell->boot.empty() && !here_.boot.empty() ? cell : std::nullopt;
  }

  bool shares_cpus() const {
    const auto serves = [&](int cpu) {
      return std::find(cpus_.server.begin(), cpus_.server.end(), cpu) != cpus_.server.end();
    };
    return cpus_.shared || std::any_of(cores_.begin(), cores_.end(), serves);
  }

  /// Runs a step. If it fails because the server does, that is the error.
  template <typename Step>
  void or_server_failure(Step step) {
    try {
      step();
    } catch (const error&) {
      const std::string failure = servers_.failure_of(server_);
      if (failure.empty()) throw;
      throw error(error_kind::failed, failure);
    }
  }

  sample run(const slice_plan& plan) {
    const double server_before = server_.cpu_s ? server_.cpu_s() : 0;
    const std::int64_t begin_ns = now_ns();
    const double steal_before = steal_seconds(cores_);
    sample s = process_.run(plan.operations > 0
                                ? run_request{.operations = plan.operations, .seed = plan.seed}
                                : run_request{.seconds = plan.seconds,
                                              .rate = plan.rate,
                                              .seed = plan.seed,
                                              .lead_s = plan.lead_s,
                                              .stagger_s = plan.stagger_s});
    // Steal and the server's CPU time are read outside the cell: they belong to the whole slice,
    // and the window gets its share of them.
    const double share = s.wall_s / (static_cast<double>(now_ns() - begin_ns) * 1e-9);
    if (!cores_.empty()) s.steal_s = (steal_seconds(cores_) - steal_before) * share;
    if (server_.cpu_s) {
      // It is less if a process has ended with its share of it.
      if (const double used = server_.cpu_s() - server_before; used >= 0)
        s.server_cpu_s = used * share;
      s.server_cpus = static_cast<double>(server_.cpus);
    }
    return s;
  }

  cpu_assignment cpus_;
  server_pool& servers_;
  server_pool::server server_;
  cell_preparation preparation_;
  std::string expected_program_;  ///< "": any
  bool may_be_elsewhere_;         ///< if the cell does not report its location
  cell_location here_ = location_of_this_process({});
  std::optional<pid_t> pid_;  ///< of the cell, if this process can read its CPU time
  std::vector<int> cores_;    ///< CPUs of the cell on this machine; empty if it may be on another
  cell_process process_;
};

/// Returns the cell's parameters. A cell in another language may not support every one, so it gets
/// only those that differ from their defaults.
std::map<std::string, std::string> parameters_for(const cell_spec& cell, bool in_other_language) {
  if (!in_other_language) return cell.parameters;
  std::map<std::string, std::string> changed = cell.parameters;
  for (const parameter& p : find_workload(cell.workload).parameters)
    if (const auto value = changed.find(std::string(p.name));
        value != changed.end() && value->second == p.default_value)
      changed.erase(value);
  return changed;
}

}  // namespace

std::unique_ptr<arm> cell_arm(const cell_options& options, const cell_spec& cell,
                              const machine& computer, server_pool& servers) {
  const cpu_assignment cpus = assign_cpus(computer, *cell.cores);
  return std::make_unique<cell_process_arm>(options, cell, cpus, servers);
}

arm_factory cell_arms(cell_options options, machine computer, server_pool& servers) {
  return [options = std::move(options), computer = std::move(computer),
          &servers](const cell_spec& cell) { return cell_arm(options, cell, computer, servers); };
}

cell_preparation preparation_of(const cell_options& options, const cell_spec& cell,
                                const cpu_assignment& cpus, const std::string& endpoint) {
  const model_type* const type = model_type_of(cell);
  const bool runs_command = type != nullptr && type->runs_as != nullptr;
  return {.workload = cell.workload,
          .parameters = runs_command ? std::map<std::string, std::string>{{"run", cell.model}}
                                     : parameters_for(cell, runs_in_other_program(cell)),
          .model = runs_command ? std::string(type->runs_as->name) : cell.model,
          .model_parameters = cell.model_parameters,
          .cores = cpus.cell,
          .any_cores = starts_elsewhere(options),
          .in_flight = *cell.in_flight,
          .endpoint = endpoint,
          .sampling_interval = options.sampling_interval,
          .injected_delay_ns = options.injected_delay_ns};
}

cell_process process_of(const cell_options& options, const cell_spec& cell) {
  std::vector<std::string> command = options.launcher;
  child_options process;
  process.ends_gently = starts_elsewhere(options);
  process.image = options.image;
  if (command.empty()) {
    process.variables = options.variables;
  } else if (!options.variables.empty()) {  // a launcher may not pass on its own environment
    command.push_back("env");
    command.insert(command.end(), options.variables.begin(), options.variables.end());
  }
  const std::vector<std::string> of_cell = command_of(options, cell);
  command.insert(command.end(), of_cell.begin(), of_cell.end());
  return cell_process(command, options.grace_s + 3 * min_operation_s(cell), process);
}

}  // namespace crossover
