#include "bench/cell/cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/cell/cell_location.hpp"
#include "bench/cell/clock_cost.hpp"
#include "bench/models/run/usage.hpp"
#include "bench/models/worker_team.hpp"
#include "bench/results/sample_json.hpp"
#include "bench/results/version.hpp"
#include "workloads/base/nearest.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

using nlohmann::json;

std::string only_errors_message(const run_outcome& outcome) {
  std::string message = "no operation succeeded";
  for (const auto& [name, count] : outcome.errors)
    message += fmt::format(", {} {} times", name, count);
  return message;
}

}  // namespace

json cell::handle(const json& request) {
  if (!request.is_object() || request.size() != 1)
    throw error(error_kind::invalid,
                "expected one JSON object with one key: prepare, run or finish");
  const std::string verb = request.begin().key();
  const json& body = request.begin().value();
  if (!body.is_object())
    throw error(error_kind::invalid, fmt::format("'{}' must be an object", verb));
  if (verb == "prepare") return {{"ready", prepare(body)}};
  if (verb == "run") return {{"sample", run(body)}};
  if (verb == "finish") return {{"finished", finish()}};
  throw error(error_kind::invalid, fmt::format("unknown request '{}': {}", verb,
                                               suggestion(verb, {"prepare", "run", "finish"})));
}

json cell::prepare(const json& body) {
  if (model_)
    throw error(error_kind::invalid, "already prepared: a cell process measures one cell");
  const std::int64_t start = now_ns();
  const cell_preparation preparation = preparation_from_json(body);
  model_setup setup;
  setup.type = &find_workload(preparation.workload);
  setup.workload_values =
      parameter_values(setup.type->name, setup.type->parameters, preparation.parameters);
  const model_type& type = find_type(preparation.model);
  setup.model_values = parameter_values(type.name, type.parameters, preparation.model_parameters);
  setup.endpoint = preparation.endpoint;
  setup.cpus = preparation.any_cores ? allowed_cpus(preparation.cores) : preparation.cores;
  setup.in_flight = type.one_at_a_time ? 1 : preparation.in_flight;
  if (target_of(*setup.type, setup.workload_values) != target_kind::none && setup.endpoint.empty())
    throw error(
        error_kind::invalid,
        fmt::format("{} needs an 'endpoint', for example 127.0.0.1:4000", setup.type->name));
  cores_ = static_cast<std::uint32_t>(setup.cpus.size());
  const cell_request request{setup.type, &setup.workload_values, &setup.model_values,
                             cores_,     setup.in_flight,        false};
  if (const std::string reason = unsupported_reason(type, request); !reason.empty())
    throw error(error_kind::unsupported, reason);
  cell_request open_loop = request;
  open_loop.open_loop = true;
  open_loop_refusal_ = unsupported_reason(type, open_loop);

  // `spin_for` takes about two readings longer than requested.
  const double delay_ns = preparation.injected_delay_ns;
  injected_delay_ns_ =
      delay_ns > 0 ? std::max<std::int64_t>(1, std::llround(delay_ns - 2 * clock_reading_ns())) : 0;
  chooses_interval_ = preparation.sampling_interval == 0;
  sampling_interval_ = std::max(1U, preparation.sampling_interval);

  raise_descriptor_limit();
  bind_to_cpus(setup.cpus);
  const std::uint64_t base = resident_bytes();
  if (preparation.trace)
    tracer_ = std::make_unique<run_tracer>(setup.cpus, type.workers(request) + 4 * cores_);
  checksum_ = setup.type->make(setup.workload_values, setup.endpoint)->checksum();
  model_ = type.prepare(setup);
  if (setup.type->starts_programs) programs_ = setup.in_flight;
  return {{"protocol", 2},
          {"program", "crossover"},
          {"version", program_version()},
          {"setup_s", static_cast<double>(now_ns() - start) * 1e-9},
          {"base_rss_bytes", base},
          {"location", to_json(location_of_this_process(setup.cpus))}};
}

json cell::run(const json& body) {
  if (!model_) throw error(error_kind::invalid, "'run' before 'prepare'");
  const run_request request = run_request_from_json(body);
  const run_plan plan = plan_of(request);
  if (request.trace) {
    if (!tracer_ || traced_)
      throw error(error_kind::invalid,
                  "'trace' must also be set in 'prepare', and only one run can be traced");
    tracer_->start();
    traced_ = true;
  }
  run_outcome outcome = model_->run(plan);
  const std::int64_t begin_ns = outcome.begin_ns, end_ns = outcome.end_ns;
  const sample result = sample_of(plan, outcome, request.rate);
  if (chooses_interval_ && !plan.open_loop() && result.operations > 0)
    sampling_interval_ = sampling_interval_for(result, cores_);
  if (result.operations > 0) chooses_interval_ = false;
  json reply = to_json(result);
  if (request.trace) reply["trace"] = to_json(tracer_->take(begin_ns, end_ns));
  return reply;
}

run_plan cell::plan_of(const run_request& request) {
  run_plan plan;
  plan.operations = request.operations;
  if (request.operations == 0) {
    plan.window_ns = std::llround(request.seconds * 1e9);
    plan.lead_ns = std::llround(request.lead_s * 1e9);
    plan.stagger_ns = std::llround(request.stagger_s * 1e9);
  }
  plan.series = request.series;
  plan.sampling_interval = sampling_interval_;
  plan.added_ns = injected_delay_ns_;
  if (request.rate > 0) {
    if (!open_loop_refusal_.empty()) throw error(error_kind::unsupported, open_loop_refusal_);
    plan.arrival_count = arrivals_.fill(request.rate, request.lead_s + request.seconds,
                                        !request.constant_gaps, request.seed);
    if (plan.arrival_count == 0)
      throw error(error_kind::invalid, fmt::format("{} operations per second for {} s: nothing "
                                                   "to start; increase the time or the rate",
                                                   request.rate, request.seconds));
    plan.arrivals = arrivals_.times();
  }
  return plan;
}

sample cell::sample_of(const run_plan& plan, run_outcome& outcome, double rate) const {
  sample s;
  for (const std::uint64_t operations : outcome.worker_operations) s.operations += operations;
  if (s.operations == 0 && !outcome.errors.empty())
    throw error(error_kind::failed, only_errors_message(outcome));
  s.wall_s = static_cast<double>(outcome.end_ns - outcome.begin_ns) * 1e-9;
  s.start_s = outcome.start_s;
  s.drain_s = outcome.drain_s;
  s.series = std::move(outcome.series);
  s.cpu_user_s = outcome.used.cpu_user_s;
  s.cpu_system_s = outcome.used.cpu_system_s;
  s.voluntary_switches = outcome.used.voluntary_switches;
  s.involuntary_switches = outcome.used.involuntary_switches;
  s.minor_faults = outcome.used.minor_faults;
  s.major_faults = outcome.used.major_faults;
  outcome.latency.sampling_interval = plan.open_loop() ? 1 : plan.sampling_interval;
  if (outcome.latency.count() > 0) s.latency = std::move(outcome.latency);
  s.errors = std::move(outcome.errors);
  s.worker_operations = std::move(outcome.worker_operations);
  s.checksum = checksum_;
  if (rate > 0) {
    s.service = std::move(outcome.service);
    s.rate = rate;
    s.arrivals = {outcome.due, outcome.begun, outcome.late};
  }
  return s;
}

json cell::finish() {
  finished_ = true;
  std::uint64_t memory = model_ ? tree_memory_bytes(model_->children()) : 0;
  model_.reset();
  // Programs come and go too quickly to be read: the largest one, once per operation in flight.
  memory += programs_ * largest_child_bytes();
  return memory > 0 ? json{{"peak_rss_bytes", memory}} : json::object();
}

const model_type& cell::find_type(const std::string& name) const {
  if (only_model_ != nullptr) return *only_model_;
  std::vector<std::string> names;
  for (const model_type* type : models_) {
    if (type->name == name) return *type;
    names.emplace_back(type->name);
  }
  throw error(error_kind::invalid,
              fmt::format("unknown model '{}': {}", name, suggestion(name, names)));
}

}  // namespace crossover
