#include "bench/models/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workloads/base/nearest.hpp"

namespace crossover {

// A row is the declaration of a model that its own file defines, and an entry in the table.
extern const model_type serial_model, event_loop_model, shared_loop_model, thread_pool_model,
    processes_model, process_loops_model, offload_model, gil_threads_model, fibers_model,
    thread_per_operation_model, async_future_model, openmp_model, reference_model,
    python_asyncio_model, python_threads_model, python_processes_model, python_uvloop_model,
    python_trio_model, python_gevent_model, node_loop_model, node_workers_model, node_cluster_model,
    go_goroutines_model, c_libuv_model, java_threads_model, rust_tokio_model;

namespace {

constexpr std::array table = {&serial_model,         &event_loop_model,
                              &shared_loop_model,    &thread_pool_model,
                              &processes_model,      &process_loops_model,
                              &offload_model,        &gil_threads_model,
                              &fibers_model,         &thread_per_operation_model,
                              &async_future_model,   &openmp_model,
                              &reference_model,      &python_asyncio_model,
                              &python_threads_model, &python_processes_model,
                              &python_uvloop_model,  &python_trio_model,
                              &python_gevent_model,  &node_loop_model,
                              &node_workers_model,   &node_cluster_model,
                              &go_goroutines_model,  &c_libuv_model,
                              &java_threads_model,   &rust_tokio_model};

std::vector<const model_type*>& models() {
  static std::vector<const model_type*> all(table.begin(), table.end());
  return all;
}

}  // namespace

std::string unsupported_reason(const model_type& type, const cell_request& cell) {
  return type.unsupported_reason == nullptr ? "" : type.unsupported_reason(cell);
}

std::vector<std::string> other_program_of(const model_type& type, const std::string& cells) {
  if (type.program.empty()) return {type.command.begin(), type.command.end()};
  std::vector<std::string> command;
  if (type.interpreter != nullptr) command = type.interpreter();
  command.push_back(fmt::format("{}/{}", cells, type.program));
  command.emplace_back(type.name.substr(type.name.find('_') + 1));
  return command;
}

std::span<const model_type* const> all_models() { return models(); }

void add_model(const model_type& type) {
  for (const model_type* other : models())
    if (other->name == type.name)
      throw error(error_kind::invalid, fmt::format("there is already a model '{}'", type.name));
  models().push_back(&type);
}

const model_type& find_model(std::string_view name) {
  std::vector<std::string> names;
  for (const model_type* type : models()) {
    if (type->name == name) return *type;
    names.emplace_back(type->name);
  }
  throw error(error_kind::invalid,
              fmt::format("unknown model '{}': {}", name, suggestion(name, names)));
}

run_outcome model::run(const run_plan& plan) {
  run_control& control = board_.control();
  control.prepare(plan);
  const bool windowed = plan.window_ns > 0;
  if (windowed) {
    if (!observer_) observer_.emplace(board_);
    observer_->start();
  }
  run_window window;
  window.open = {0, board_.operations(), usage_of_this_process()};
  worker_totals totals;
  try {
    control.release();
    totals = run_lanes(control);
  } catch (...) {
    if (windowed) observer_->cancel();
    throw;
  }
  if (windowed) {
    window = observer_->wait();
  } else {
    window.open.ns = control.start_ns;
    window.close = {totals.end_ns, board_.operations(), usage_of_this_process()};
  }
  run_outcome outcome;
  outcome.begin_ns = window.open.ns;
  outcome.end_ns = window.close.ns;
  outcome.start_s = static_cast<double>(control.start_lag_ns) * 1e-9;
  outcome.drain_s =
      static_cast<double>(std::max<std::int64_t>(0, totals.end_ns - window.close.ns)) * 1e-9;
  outcome.worker_operations = window.close.operations;
  for (std::size_t i = 0; i < window.open.operations.size(); ++i)
    outcome.worker_operations[i] -= window.open.operations[i];
  outcome.series = std::move(window.series);
  outcome.used = window.close.used - window.open.used + totals.children;
  for (std::uint64_t i = 0; i < plan.arrival_count; ++i)
    outcome.due += control.due_in_window(control.start_ns + plan.arrivals[i]) ? 1 : 0;
  outcome.begun = totals.begun;
  outcome.late = totals.late;
  outcome.errors = std::move(totals.errors);
  outcome.latency = std::move(totals.latency);
  outcome.service = std::move(totals.service);
  return outcome;
}

}  // namespace crossover
