#include "bench/models/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "workloads/base/nearest.hpp"

namespace crossover {

// A row is the declaration of a model that its own file defines, and an entry in the table.
extern const model_type serial_model, event_loop_model, shared_loop_model, thread_pool_model,
    processes_model, process_loops_model, offload_model, gil_threads_model, fibers_model,
    reference_model, python_asyncio_model, python_threads_model, python_processes_model;

namespace {

constexpr std::array table = {&serial_model,          &event_loop_model,     &shared_loop_model,
                              &thread_pool_model,     &processes_model,      &process_loops_model,
                              &offload_model,         &gil_threads_model,    &fibers_model,
                              &reference_model,       &python_asyncio_model, &python_threads_model,
                              &python_processes_model};

}  // namespace

std::string unsupported_reason(const model_type& type, const cell_request& cell) {
  return type.unsupported_reason == nullptr ? "" : type.unsupported_reason(cell);
}

std::span<const model_type* const> all_models() { return table; }

const model_type& find_model(std::string_view name) {
  std::vector<std::string> names;
  for (const model_type* type : table) {
    if (type->name == name) return *type;
    names.emplace_back(type->name);
  }
  throw error(error_kind::invalid,
              fmt::format("unknown model '{}': {}", name, suggestion(name, names)));
}

void start_run(run_control& control, double seconds) {
  control.next_arrival = 0;
  control.start_ns = now_ns();
  control.deadline_ns = seconds > 0 ? control.start_ns + static_cast<std::int64_t>(seconds * 1e9)
                                    : std::numeric_limits<std::int64_t>::max();
}

run_outcome collect_outcome(std::span<tally* const> workers, latency_recorder& latency,
                            latency_recorder& service) {
  run_outcome outcome;
  outcome.begin_ns = std::numeric_limits<std::int64_t>::max();
  for (const tally* worker : workers) {
    outcome.begin_ns = std::min(outcome.begin_ns, worker->begin_ns);
    outcome.end_ns = std::max(outcome.end_ns, worker->end_ns);
    outcome.begun += worker->begun;
    outcome.worker_operations.push_back(worker->operations);
    for (const auto& [name, count] : worker->errors) outcome.errors[name] += count;
  }
  outcome.latency = latency.take();
  outcome.service = service.take();
  return outcome;
}

}  // namespace crossover
