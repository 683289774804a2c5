// `limits`: compares each model with what this machine can do, as ratios of arms measured
// alternately in one run.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <vector>

#include "bench/cell/cell_process.hpp"
#include "bench/cell/serve_cell.hpp"
#include "bench/measure/block.hpp"
#include "bench/measure/machine.hpp"
#include "bench/measure/servers.hpp"
#include "bench/models/reference/bare.hpp"
#include "reports/statistics/interval.hpp"
#include "tools/commands.hpp"
#include "tools/peers.hpp"
#include "workloads/base/quantities.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

/// Share of the limit's throughput that an arm reaches, one value per block.
using shares = std::vector<double>;

struct bench_context {
  machine computer = read_machine();
  server_pool servers;
  std::uint32_t blocks;
};

/// Returns a cell, given workload and model with parameters as on the command line.
cell_spec cell_of(const std::string& workload, const std::string& model, std::uint32_t cores,
                  std::uint32_t in_flight) {
  const named_parameters w = parse_named_parameters(workload), m = parse_named_parameters(model);
  cell_spec cell;
  cell.workload = w.name;
  cell.parameters = w.values;
  cell.model = m.name;
  cell.model_parameters = m.values;
  cell.cores = cores;
  cell.in_flight = in_flight;
  return cell;
}

double throughput(const sample& s) { return static_cast<double>(s.operations) / s.wall_s; }

arm_factory own_cells(bench_context& context) {
  cell_options options;
  options.program = executable_path();
  return cell_arms(options, context.computer, context.servers);
}

/// Returns the throughput of `contender` relative to `limit`, from blocks; both take turns.
shares block_share(const block_arm& limit, const block_arm& contender, std::uint32_t blocks,
                   const block_options& plan) {
  std::mt19937_64 random(1);
  shares all;
  for (std::uint32_t block = 0; block < blocks; ++block) {
    const std::vector<arm_record> records = measure_block({limit, contender}, plan, random).arms;
    for (const arm_record& record : records)
      if (record.failure) throw *record.failure;
    all.push_back(throughput(*records[1].total) / throughput(*records[0].total));
  }
  return all;
}

/// Starts one cell process and warms it up.
class lone_cell {
 public:
  lone_cell(bench_context& context, cell_spec cell)
      : cell_(std::move(cell)), arm_(own_cells(context)(cell_)) {
    arm_->start();
    start_s_ = run(0.3).start_s.value_or(0);
  }

  /// Runs a window after the start of all lanes and a lead-in of two operation times.
  sample run(double seconds) {
    const double delay_s = min_operation_s(cell_);
    return arm_->slice(
        {.seconds = seconds, .lead_s = 0.05 + start_s_ + 2 * delay_s, .stagger_s = delay_s});
  }
  std::optional<std::uint64_t> finish() { return arm_->finish(); }

 private:
  cell_spec cell_;
  std::unique_ptr<arm> arm_;
  double start_s_ = 0;
};

/// Returns the throughput relative to the arithmetic ceiling, in operations per second.
shares ceiling_share(bench_context& context, const cell_spec& cell, double ceiling) {
  shares all;
  for (std::uint32_t i = 0; i < std::min(5U, context.blocks); ++i)
    all.push_back(throughput(lone_cell(context, cell).run(3)) / ceiling);
  return all;
}

/// Returns the throughput in short windows relative to that in long ones of the same process, in
/// ABBA BAAB order. Many windows: with hundreds of threads the throughput of one process moves by a
/// factor of two within seconds, as requests reach the server alone or in batches.
shares window_share(bench_context& context, const cell_spec& cell) {
  constexpr double short_s = 0.1, long_s = 3;
  constexpr int short_windows = 5;  // for one long one
  shares all;
  for (std::uint32_t i = 0; i < std::min(10U, context.blocks); ++i) {
    lone_cell process(context, cell);
    double short_rate = 0, long_rate = 0;
    for (const char kind : std::string_view(i % 2 == 0 ? "SLLSLSSL" : "LSSLSLLS")) {
      if (kind == 'L')
        long_rate += throughput(process.run(long_s)) * short_windows;
      else
        for (int run = 0; run < short_windows; ++run)
          short_rate += throughput(process.run(short_s));
    }
    all.push_back(short_rate / long_rate);
  }
  return all;
}

/// Returns the throughput of a cell relative to another program, in slices of one second.
shares against(bench_context& context, const cell_spec& cell,
               const std::function<std::unique_ptr<arm>()>& program) {
  const arm_factory make = own_cells(context);
  return block_share({{}, program}, {cell, [&] { return make(cell); }},
                     std::min(5U, context.blocks),
                     {.warm_up_s = 0.3, .slice = slice_plan{.seconds = 1, .lead_s = 0.05}});
}

shares openssl_share(bench_context& context) {
  const cpu_assignment cpus = assign_cpus(context.computer, 1);
  return against(context, cell_of("hashing", "event_loop", 1, 1),
                 [&] { return openssl_speed(cpus.cell, 65536); });
}

shares wrk_share(bench_context& context) {
  const cpu_assignment cpus = assign_cpus(context.computer, 1);
  const nginx_server server(cpus.server, 16384);
  return against(context, cell_of("download:url=" + server.url(), "event_loop", 1, 64),
                 [&] { return wrk(cpus.cell, 64, server.url()); });
}

shares pgbench_share(bench_context& context) {
  const cell_spec cell = cell_of("query:engine=postgresql", "event_loop", 1, 64);
  const cpu_assignment cpus = assign_cpus(context.computer, 1);
  const std::string url = context.servers.server_for(cell, cpus).endpoint;
  if (!prepare_pgbench(url))
    throw error(error_kind::unsupported, "pgbench did not create its tables; is it installed?");
  return against(context, cell, [&] { return pgbench(cpus.cell, 64, url); });
}

/// Returns how closely `mixed` meets its requested CPU time, in a run without waits; 1 is exact.
shares calibration_share(bench_context& context) {
  shares all;
  for (std::uint32_t i = 0; i < context.blocks; ++i) {
    const sample s = lone_cell(context, cell_of("mixed:cpu=500us,wait=0", "serial", 1, 1)).run(0.3);
    const double cpu_s =
        (s.cpu_user_s.value_or(0) + s.cpu_system_s.value_or(0)) / static_cast<double>(s.operations);
    all.push_back(std::min(cpu_s / 500e-6, 500e-6 / cpu_s));
  }
  return all;
}

/// Returns 40 MB divided by the memory that 10 000 sleeping coroutines add to the idle process.
shares coroutine_memory_share(bench_context& context) {
  shares all;
  for (int i = 0; i < 3; ++i) {
    lone_cell cell(context, cell_of("sleep:delay=100ms", "event_loop", 1, 10000));
    const sample s = cell.run(0.5);
    const auto peak = cell.finish();
    if (peak && s.base_rss_bytes)
      all.push_back(40e6 / static_cast<double>(*peak - *s.base_rss_bytes));
  }
  return all;
}

/// Returns 10 ms divided by the time from exec to ready.
shares start_share(bench_context& context) {
  shares all;
  for (std::uint32_t i = 0; i < 3 * context.blocks; ++i) {
    const sample s = lone_cell(context, cell_of("noop", "event_loop", 1, 1)).run(0.01);
    if (s.startup_s) all.push_back(0.010 / *s.startup_s);
  }
  return all;
}

struct row {
  std::string name;
  std::string_view against;
  double minimum;
  std::function<shares(bench_context&)> measure;
};

/// The limit's model and the contender's, measured in turn on the same cell.
std::function<shares(bench_context&)> in_turn(const std::string& workload, const std::string& limit,
                                              const std::string& contender, std::uint32_t cores,
                                              std::uint32_t in_flight) {
  return [=](bench_context& context) {
    const arm_factory make = own_cells(context);
    const auto started = [&](const std::string& model) {
      const cell_spec cell = cell_of(workload, model, cores, in_flight);
      return block_arm{cell, [&make, cell] { return make(cell); }};
    };
    return block_share(started(limit), started(contender), context.blocks, {.seconds = 0.4});
  };
}

/// Models whose sleeps are measured against the arithmetic ceiling.
constexpr std::array sleeping_models = {"event_loop", "thread_pool", "processes", "process_loops",
                                        "offload",    "gil_threads", "fibers",    "reference"};

std::vector<row> all_rows() {
  std::vector<row> rows = {
      {"hashing 64 KiB, 1 core, serial", "reference", 0.98,
       in_turn("hashing", "reference", "serial", 1, 1)},
      {"hashing 64 KiB, 1 core, event_loop, 16 in flight", "reference", 0.98,
       in_turn("hashing", "reference", "event_loop", 1, 16)},
      {"hashing 64 KiB, 1 core, shared_loop, 16 in flight", "reference", 0.98,
       in_turn("hashing", "reference", "shared_loop", 1, 16)},
      {"hashing 64 KiB, 1 core, thread_pool, 1 in flight", "reference", 0.98,
       in_turn("hashing", "reference", "thread_pool", 1, 1)},
      {"hashing 64 KiB, 1 core, event_loop", "openssl speed -evp sha256", 0.98, openssl_share},
      {"hashing 64 KiB, 2 cores, thread_pool, 2 in flight", "2 plain loops", 0.95,
       in_turn("hashing", "reference", "thread_pool", 2, 2)},
      {"hashing 64 KiB, 2 cores, processes, 2 in flight", "2 plain loops", 0.95,
       in_turn("hashing", "reference", "processes", 2, 2)},
      {"network 64 B, 1 core, event_loop, 64 in flight", "reference", 0.95,
       in_turn("network", "reference", "event_loop", 1, 64)},
      {"network 64 B, 1 core, event_loop, 512 in flight", "reference", 0.95,
       in_turn("network", "reference", "event_loop", 1, 512)},
      {"network 64 B, 1 core, reference io_uring, 64 in flight", "reference epoll", 1.00,
       in_turn("network", "reference:backend=epoll", "reference:backend=io_uring", 1, 64)},
      {"network 64 B, 1 core, fibers, 64 in flight", "reference", 0.85,
       in_turn("network", "reference", "fibers", 1, 64)},
      {"sleep 100 ms, 1 core, event_loop, 10 000 in flight", "in flight / delay", 0.97,
       [](bench_context& context) {
         return ceiling_share(context, cell_of("sleep:delay=100ms", "event_loop", 1, 10000),
                              100000);
       }},
      {"noop, 1 core, event_loop, 64 in flight", "bare Asio posts", 0.90,
       in_turn("noop", "bare_posts", "event_loop", 1, 64)},
      {"noop, 1 core, thread_pool, 1 in flight", "bare oneTBB tasks", 0.90,
       in_turn("noop", "bare_tasks", "thread_pool", 1, 1)},
      {"download 16 KiB from nginx, 1 core, event_loop, 64 in flight", "wrk -t1 -c64", 0.90,
       wrk_share},
      {"query PostgreSQL, 1 core, event_loop, 64 in flight", "pgbench -M prepared -S -c 64", 0.90,
       pgbench_share},
      {"mixed, 500 us of computing", "measured CPU time", 0.98, calibration_share},
      {"10 000 sleeping coroutines, memory", "40 MB", 1.0, coroutine_memory_share},
      {"start of a cell (noop)", "10 ms", 1.0, start_share},
      {"network 64 B, 1 core, thread_pool, 512 in flight, 0.1 s windows", "3 s windows", 0.95,
       [](bench_context& context) {
         return window_share(context, cell_of("network", "thread_pool", 1, 512));
       }},
  };
  for (const char* const model : sleeping_models)
    rows.push_back({fmt::format("sleep 10 ms, 1 core, {}, 64 in flight", model),
                    "in flight / delay", 0.99, [model](bench_context& context) {
                      return ceiling_share(context, cell_of("sleep", model, 1, 64), 6400);
                    }});
  return rows;
}

/// Returns the path of a program in the same directory as this one.
std::string sibling_program(const std::string& name) {
  const std::string path = executable_path();
  return path.substr(0, path.rfind('/') + 1) + name;
}

int measure_all(std::uint32_t blocks, const std::string& filter) {
  bench_context context{read_machine(), server_pool(sibling_program("crossover"), {}), blocks};
  int missed = 0;
  fmt::print("{:<62} {:<30} {:>7} {:>7} {:>17}\n", "arm", "against", "minimum", "median",
             "95 % of the mean");
  for (const row& r : all_rows()) {
    if (r.name.find(filter) == std::string::npos) continue;
    shares values;
    try {
      values = r.measure(context);
    } catch (const error& e) {
      if (e.kind() != error_kind::unsupported) throw;
      fmt::print("{:<62} {:<30} {:>7.2f} not measured: {}\n", r.name, r.against, r.minimum,
                 e.what());
      continue;
    }
    const interval mean = *mean_interval(values);
    std::nth_element(values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    const double median = values[values.size() / 2];
    const bool reached = median >= r.minimum;
    missed += reached ? 0 : 1;
    fmt::print("{:<62} {:<30} {:>7.2f} {:>7.3f} {:>8.3f}–{:<8.3f} {}\n", r.name, r.against,
               r.minimum, median, mean.lower.value_or(median), mean.upper.value_or(median),
               reached ? "" : "missed");
    std::fflush(stdout);
  }
  return missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace crossover

int main(int count, char** values) {
  using namespace crossover;
  try {
    if (count > 1 && std::string_view(values[1]) == "cell") {
      std::vector<const model_type*> models(all_models().begin(), all_models().end());
      models.insert(models.end(), bare_models().begin(), bare_models().end());
      return serve_cell(STDIN_FILENO, STDOUT_FILENO, models);
    }
    const std::optional<std::uint64_t> blocks = count > 1 ? parse_count(values[1]) : 10;
    if (!blocks || *blocks < 2 || *blocks > 1000 || count > 3) {
      fmt::print(stderr,
                 "usage: limits [BLOCKS [FILTER]]\n"
                 "  BLOCKS  process pairs per row, 2 to 1000 (default 10)\n"
                 "  FILTER  only rows whose name contains this text\n");
      return 64;
    }
    return measure_all(static_cast<std::uint32_t>(*blocks), count > 2 ? values[2] : "");
  } catch (const std::exception& e) {
    fmt::print(stderr, "limits: {}\n", e.what());
    return 64;
  }
}
