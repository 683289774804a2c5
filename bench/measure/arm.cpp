#include "bench/measure/arm.hpp"

#include <fmt/format.h>

#include "bench/cell/cell_process.hpp"
#include "bench/measure/environment.hpp"
#include "bench/models/run/usage.hpp"
#include "bench/results/version.hpp"

namespace crossover {
namespace {

/// Returns the name and version that a model's cell process reports.
std::string program_of(const model_type& model) {
  const std::string name(model.script.empty() ? "crossover" : model.script);
  return fmt::format("{} {}", name, program_version());
}

class cell_arm final : public arm {
 public:
  cell_arm(const cell_options& options, const planned_cell& cell, const cpu_assignment& cpus,
           server_pool::server server)
      : options_(options), cell_(cell), cpus_(cpus), server_(std::move(server)) {}

  void start() override {
    // The timeout grows with the minimum operation time: a 10 s wait cannot end sooner.
    process_.emplace(command_of(options_, cell_),
                     options_.grace_s + 3 * cell_.workload->min_operation_s(cell_.workload_values));
    process_->prepare(preparation_of(cell_, cpus_, server_.endpoint));
    process_->expect_program(program_of(*cell_.model));
  }

  sample slice(const slice_plan& plan) override {
    const std::int64_t begin_ns = now_ns();
    const double server_before = server_.pid >= 0 ? cpu_seconds_of(server_.pid) : 0;
    const double steal_before = steal_seconds(cpus_.cell);
    sample s = process_->run({.seconds = plan.seconds,
                              .rate = plan.rate,
                              .seed = plan.seed,
                              .lead_s = plan.lead_s,
                              .stagger_s = plan.stagger_s});
    // Steal and the server's CPU time are read outside the cell: they belong to the whole slice,
    // and the window gets its share of them.
    const double share = s.wall_s / (static_cast<double>(now_ns() - begin_ns) * 1e-9);
    s.steal_s = (steal_seconds(cpus_.cell) - steal_before) * share;
    if (server_.pid >= 0) {
      s.server_cpu_s = (cpu_seconds_of(server_.pid) - server_before) * share;
      s.server_cpus = static_cast<double>(server_.cpus);
    }
    return s;
  }

  double cpu_s() const override { return cpu_seconds_of(process_->pid()); }
  std::optional<std::uint64_t> finish() override { return process_->finish(); }
  std::map<std::string, std::string> environment() const override {
    return process_->environment();
  }
  std::vector<finding> findings() const override {
    if (server_.pid < 0 || !cpus_.shared) return {};
    return {{"shared_cores",
             "the server ran on the cell's own cores, since this machine has no others"}};
  }
  bool has_windows() const override { return process_->protocol() >= 2; }

 private:
  const cell_options& options_;
  const planned_cell& cell_;
  cpu_assignment cpus_;
  server_pool::server server_;
  std::optional<cell_process> process_;
};

}  // namespace

cell_preparation preparation_of(const planned_cell& cell, const cpu_assignment& cpus,
                                const std::string& endpoint) {
  cell_preparation body;
  body.workload = cell.workload->name;
  // A cell in another language may not support every parameter, so the request has only those that
  // differ from their defaults.
  for (const parameter& p : cell.workload->parameters) {
    const std::string& text = cell.workload_values.text(p.name);
    if (cell.model->script.empty() || text != p.default_value)
      body.parameters[std::string(p.name)] = text;
  }
  body.model = cell.model->name;
  for (const auto& [name, text] : cell.model_values.texts()) body.model_parameters[name] = text;
  body.cores = cpus.cell;
  body.in_flight = cell.in_flight;
  body.endpoint = endpoint;
  return body;
}

std::vector<std::string> command_of(const cell_options& options, const planned_cell& cell) {
  std::vector<std::string> command = options.launcher;
  if (cell.model->script.empty())
    command.insert(command.end(), {options.program, "cell"});
  else
    command.insert(command.end(),
                   {"python3", options.cells + "/" + std::string(cell.model->script)});
  return command;
}

arm_factory cell_arms(cell_options options, machine computer, server_pool& servers) {
  return [options = std::make_shared<cell_options>(std::move(options)),
          computer = std::move(computer), &servers](const planned_cell& cell) {
    const cpu_assignment cpus = assign_cpus(computer, cell.cores);
    return std::make_unique<cell_arm>(*options, cell, cpus, servers.server_for(cell, cpus));
  };
}

}  // namespace crossover
