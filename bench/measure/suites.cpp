#include "bench/measure/suites.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workloads/base/nearest.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

std::vector<named_parameters> named(std::initializer_list<std::string_view> texts) {
  std::vector<named_parameters> parsed;
  for (const std::string_view text : texts) parsed.push_back(parse_named_parameters(text));
  return parsed;
}

std::vector<named_parameters> every_model() {
  std::vector<named_parameters> models;
  for (const model_type* type : all_models()) models.push_back({std::string(type->name), {}});
  return models;
}

/// Returns one core and all cores, the ends of the axis.
std::vector<std::uint32_t> ends_of(const machine& computer) {
  return computer.usable() == 1 ? std::vector<std::uint32_t>{1}
                                : std::vector<std::uint32_t>{1, computer.usable()};
}

/// Matrix of the workloads of the user's program; empty if it has none.
std::vector<matrix> own_matrices(const std::vector<std::uint32_t>& cores,
                                 const std::vector<std::uint32_t>& in_flight) {
  if (added_workloads().empty()) return {};
  return {{every_workload(), named({"event_loop", "offload", "thread_pool", "processes"}), cores,
           in_flight}};
}

/// Returns operations in flight that keep every core busy: in a contest on fewer, more cores would
/// change nothing.
std::uint32_t in_flight_for(const machine& computer, std::uint32_t usual) {
  return std::max(usual, computer.usable());
}

/// Every chart has all its models at all its points.
std::vector<matrix> standard_matrices(const machine& computer) {
  if (auto own = own_matrices(ends_of(computer), {1, in_flight_for(computer, 64)}); !own.empty())
    return own;
  const auto cores = standard_cores(computer);
  const auto loop_and_pool = named({"event_loop", "thread_pool", "reference"});
  const auto also_processes = named({"event_loop", "thread_pool", "processes", "reference"});
  return {
      {named({"network", "sleep"}), loop_and_pool, {1}, {1, 64, 1024}},
      {named({"network"}), loop_and_pool, cores, {in_flight_for(computer, 64)}},
      {named({"hashing"}), also_processes, cores, {in_flight_for(computer, 16)}},
      // Below, near and above the point where waits no longer cover the CPU time of one core.
      {named({"mixed:cpu=20us,wait=10ms", "mixed:cpu=20us,wait=1ms", "mixed:cpu=200us,wait=10ms",
              "mixed:cpu=200us,wait=1ms"}),
       named({"event_loop", "thread_pool", "processes"}),
       {1},
       {64}},
      {named({"download", "query"}), named({"event_loop", "thread_pool"}), {1}, {64}},
      {named({"noop"}), loop_and_pool, {1}, {64}},
  };
}

/// Few enough contests for eight blocks of each within the budget.
std::vector<matrix> quick_matrices(const machine& computer) {
  if (auto own = own_matrices({computer.usable()}, {in_flight_for(computer, 16)}); !own.empty())
    return own;
  const auto models = named({"event_loop", "thread_pool", "reference"});
  return {{named({"network"}), models, {1}, {64}},
          {named({"hashing"}), models, {computer.usable()}, {in_flight_for(computer, 16)}}};
}

std::vector<matrix> thorough_matrices(const machine& computer) {
  if (!added_workloads().empty())
    return {{every_workload(), every_model(), standard_cores(computer), {1, 8, 64, 512}}};
  return {{every_workload(), every_model(), standard_cores(computer), {1, 8, 64, 512}},
          {named({"sleep:delay=1ms", "sleep:delay=100ms", "network:delay=1ms",
                  "network:bytes=16KiB", "hashing:bytes=4KiB"}),
           every_model(),
           standard_cores(computer),
           {in_flight_for(computer, 64)}}};
}

/// Cells that can show what costs only on several cores: locks, false sharing, hand-overs. Each
/// worker stays on one core: moved by the kernel, it would scatter figures by tens of percent.
/// noop under loops and pools is left out, since its blocks scatter by 10 %.
std::vector<matrix> check_matrices_on_all_cores(const machine& computer) {
  const std::uint32_t cores = computer.usable(), in_flight = in_flight_for(computer, 16);
  if (cores == 1) return {};
  const auto pool = named({"thread_pool:placement=pinned", "shared_loop"});
  const auto processes = named({"processes:placement=pinned"});
  return {{named({"hashing:bytes=4KiB", "network"}), pool, {cores}, {in_flight}},
          {named({"hashing:bytes=4KiB", "noop"}), processes, {cores}, {in_flight}}};
}

std::vector<matrix> check_matrices(const machine& computer) {
  if (auto own = own_matrices({1}, {16}); !own.empty()) return own;
  // 16 in flight: each lane has several operations in a slice of 1 ms; waking 64 threads would
  // outweigh them.
  std::vector<matrix> matrices = {
      {named({"noop"}), named({"serial", "event_loop", "shared_loop", "processes"}), {1}, {16}},
      // One in flight: of 16 threads on one core, those that look for work slow the one that has
      // it, in some processes and not in others, and blocks scatter by 7 %.
      {named({"noop"}), named({"thread_pool"}), {1}, {1}},
      {named({"hashing:bytes=4KiB"}),
       named({"serial", "event_loop", "thread_pool", "processes", "reference"}),
       {1},
       {16}},
      {named({"network"}),
       named({"event_loop", "shared_loop", "thread_pool", "processes", "reference"}),
       {1},
       {16}},
      {named({"network"}), named({"event_loop", "reference"}), {1}, {1}},
      {named({"sleep:delay=1ms"}), named({"event_loop", "shared_loop", "reference"}), {1}, {16}},
  };
  const auto on_all_cores = check_matrices_on_all_cores(computer);
  matrices.insert(matrices.end(), on_all_cores.begin(), on_all_cores.end());
  return matrices;
}

std::vector<matrix> io_vs_cpu_matrices(const machine& computer) {
  return {{named({"sleep", "network:delay=1ms", "download:delay=1ms", "query", "hashing"}),
           named({"thread_pool", "event_loop"}),
           ends_of(computer),
           {1, 64}}};
}

std::vector<matrix> concurrency_vs_parallelism_matrices(const machine& computer) {
  const auto workloads = named({"sleep", "hashing", "mixed:cpu=100us,wait=1ms"});
  return {{workloads, named({"event_loop", "thread_pool"}), {1}, {1, 4, 16, 64}},
          {workloads,
           named({"event_loop", "thread_pool"}),
           standard_cores(computer),
           {in_flight_for(computer, 64)}}};
}

std::vector<matrix> multitasking_matrices(const machine&) {
  return {{named({"mixed:cpu=50us,wait=2ms,long=20ms", "mixed:cpu=50us,wait=2ms"}),
           named({"event_loop", "fibers", "offload", "gil_threads", "thread_pool", "processes"}),
           {1},
           {16}}};
}

std::vector<matrix> gil_matrices(const machine& computer) {
  return {{named({"hashing", "hashing:releases_gil=true", "sleep"}),
           named({"gil_threads", "thread_pool"}),
           ends_of(computer),
           {in_flight_for(computer, 16)}},
          {named({"hashing", "sleep"}),
           named({"processes", "python_threads", "python_processes"}),
           ends_of(computer),
           {in_flight_for(computer, 16)}}};
}

std::vector<matrix> blocking_vs_nonblocking_matrices(const machine&) {
  return {{named({"network"}),
           named({"reference:backend=blocking", "reference:backend=poll", "reference:backend=epoll",
                  "reference:backend=io_uring"}),
           {1},
           {1, 64, 512}}};
}

std::vector<matrix> lightweight_matrices(const machine&) {
  return {{named({"sleep:delay=100ms"}),
           named({"event_loop", "fibers", "thread_pool", "processes"}),
           {1},
           {100, 1000, 10000}}};
}

/// Returns these models and all that run in another language; `keeps` may leave some of those out.
template <typename Keeps>
std::vector<named_parameters> beside_other_languages(
    std::initializer_list<std::string_view> own_models, Keeps keeps) {
  std::vector<named_parameters> models = named(own_models);
  for (const model_type* type : all_models())
    if (type->is_other_program() && type->command.empty() && keeps(*type))
      models.push_back({std::string(type->name), {}});
  return models;
}

/// Sleepers show memory, in one block; the other contests have the rest of the budget.
std::vector<matrix> runtimes_matrices(const machine& computer) {
  const auto every = [](const model_type&) { return true; };
  // Thousands of interpreters would not fit into memory.
  const auto without_forks = [](const model_type& type) { return !type.forks; };
  // 10,000 threads of CPython wait for its lock longer than for the end of a run.
  const auto without_lock = [](const model_type& type) {
    return !type.forks && type.name != "python_threads";
  };
  const std::vector<std::uint32_t> cores = {computer.usable()};
  const auto sleepers = named({"sleep:delay=50ms"});
  return {
      {named({"hashing"}),
       beside_other_languages({"event_loop", "thread_pool", "thread_per_operation", "async_future",
                               "openmp", "processes", "reference"},
                              every),
       cores,
       {in_flight_for(computer, 64)}},
      {named({"network", "mixed:cpu=100us,wait=1ms"}),
       beside_other_languages({"event_loop", "fibers", "thread_pool", "thread_per_operation",
                               "async_future", "processes", "reference"},
                              every),
       cores,
       {in_flight_for(computer, 64)}},
      {sleepers,
       beside_other_languages({"event_loop", "fibers", "thread_pool", "thread_per_operation",
                               "async_future", "processes", "reference"},
                              every),
       cores,
       {1},
       0,
       1},
      {sleepers,
       beside_other_languages({"event_loop", "fibers", "thread_per_operation", "reference"},
                              without_forks),
       cores,
       {1000},
       0,
       1},
      // Fewer than 10,000 threads can be started and joined in 50 ms.
      {sleepers,
       beside_other_languages({"event_loop", "fibers", "reference"}, without_lock),
       cores,
       {10'000},
       0,
       1},
  };
}

/// CPU time against wait time: the cells of the crossover map.
std::vector<matrix> crossover_matrices(const machine& computer) {
  return {
      {named({"mixed:cpu=20us,wait=100us", "mixed:cpu=20us,wait=1ms", "mixed:cpu=20us,wait=10ms",
              "mixed:cpu=100us,wait=100us", "mixed:cpu=100us,wait=1ms", "mixed:cpu=100us,wait=10ms",
              "mixed:cpu=500us,wait=100us", "mixed:cpu=500us,wait=1ms",
              "mixed:cpu=500us,wait=10ms"}),
       named({"event_loop", "offload", "thread_pool", "processes"}),
       {computer.usable()},
       {in_flight_for(computer, 16)}}};
}

const std::array suites = {
    suite{"standard", "default: by cores, by in flight, and CPU time against waiting", 0.08, 120,
          standard_matrices},
    suite{"quick", "quick overview (--quick)", 0.08, 12, quick_matrices},
    suite{"check", "default for `crossover check`: 20 short cells on one core, 6 on all", 0.08, 120,
          check_matrices},
    suite{"io-vs-cpu", "I/O-bound or CPU-bound: throughput against concurrency and against cores",
          0.08, 120, io_vs_cpu_matrices},
    suite{"concurrency-vs-parallelism",
          "more operations in flight on one core, or more cores at the same concurrency", 0.08, 120,
          concurrency_vs_parallelism_matrices},
    suite{"multitasking",
          "short operations next to a long one: cooperative or preemptive scheduling", 0.08, 120,
          multitasking_matrices},
    suite{"gil",
          "threads under a global lock (simulated and CPython's), and threads and processes "
          "without one",
          0.08, 120, gil_matrices},
    suite{"blocking-vs-nonblocking", "one thread per socket, poll, epoll, io_uring", 0.08, 120,
          blocking_vs_nonblocking_matrices},
    suite{"lightweight",
          "memory and start-up cost per operation in flight: coroutine, fiber, thread, process",
          0.08, 120, lightweight_matrices},
    suite{"runtimes", "C++ models beside other languages, and memory of 1 to 10,000 sleepers", 0.08,
          165, runtimes_matrices},
    suite{"crossover-map", "CPU time against wait time: which model is best where", 0.08, 120,
          crossover_matrices},
    suite{"thorough", "every workload, model and core count at several concurrencies (--thorough)",
          0.4, 28'800, thorough_matrices},
};

}  // namespace

std::vector<named_parameters> every_workload() {
  std::vector<named_parameters> workloads;
  for (const workload_type* type : added_workloads().empty() ? all_workloads() : added_workloads())
    workloads.push_back({std::string(type->name), {}});
  return workloads;
}

std::span<const suite> all_suites() { return suites; }

const suite& find_suite(std::string_view name) {
  std::vector<std::string> names;
  for (const suite& s : suites) {
    if (s.name == name) return s;
    names.emplace_back(s.name);
  }
  throw error(error_kind::invalid,
              fmt::format("unknown suite '{}': {}", name, suggestion(name, names)));
}

}  // namespace crossover
