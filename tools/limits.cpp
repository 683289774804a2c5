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

#include "bench/cell/cell.hpp"
#include "bench/cell/cell_process.hpp"
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

struct cell_text {
  std::string workload;  ///< with parameters, as on the command line
  std::string model;
  std::uint32_t cores;
  std::uint32_t in_flight;
};

const model_type& model_named(const std::string& name) {
  for (const model_type* bare : bare_models())
    if (bare->name == name) return *bare;
  return find_model(name);
}

planned_cell cell_of(const cell_text& text) {
  const named_parameters workload = parse_named_parameters(text.workload),
                         model = parse_named_parameters(text.model);
  planned_cell cell;
  cell.workload = &find_workload(workload.name);
  cell.workload_values =
      parameter_values(workload.name, cell.workload->parameters, workload.values);
  cell.model = &model_named(model.name);
  cell.model_values = parameter_values(model.name, cell.model->parameters, model.values);
  cell.cores = text.cores;
  cell.in_flight = text.in_flight;
  return cell;
}

double throughput(const sample& s) { return static_cast<double>(s.operations) / s.wall_s; }

/// Returns the throughput of `arm` relative to `limit`, from blocks in which both take turns.
shares block_share(bench_context& context, const cell_text& limit, const cell_text& arm) {
  const planned_cell limit_cell = cell_of(limit), arm_cell = cell_of(arm);
  const arm_factory make = cell_arms({.program = executable_path(), .cells = {}, .launcher = {}},
                                     context.computer, context.servers);
  std::mt19937_64 random(1);
  shares all;
  for (std::uint32_t block = 0; block < context.blocks; ++block) {
    const auto records = measure_block({&limit_cell, &arm_cell}, make, {.seconds = 0.4}, random);
    for (std::size_t i = 0; i < 2; ++i)
      if (records[i].failure)
        throw error(records[i].failure->kind(), fmt::format("{}: {}", (i == 0 ? limit : arm).model,
                                                            records[i].failure->what()));
    all.push_back(throughput(*records[1].total) / throughput(*records[0].total));
  }
  return all;
}

/// One cell process, prepared and warmed up.
class lone_cell {
 public:
  lone_cell(bench_context& context, const cell_text& text)
      : cell_(cell_of(text)),
        cpus_(assign_cpus(context.computer, text.cores)),
        endpoint_(context.servers.server_for(cell_, cpus_).endpoint),
        process_({executable_path(), "cell"}, 20) {
    process_.prepare(preparation_of(cell_, cpus_, endpoint_));
    process_.run(window(0.3));
  }

  /// Returns a request for a window after a lead-in of two operation times.
  run_request window(double seconds) const {
    const double delay_s = cell_.workload->min_operation_s(cell_.workload_values);
    return {.seconds = seconds, .lead_s = 0.05 + 2 * delay_s, .stagger_s = delay_s};
  }
  sample run(double seconds) { return process_.run(window(seconds)); }
  cell_process& process() { return process_; }
  const std::vector<int>& cpus() const { return cpus_.cell; }
  const std::string& endpoint() const { return endpoint_; }

 private:
  planned_cell cell_;
  cpu_assignment cpus_;
  std::string endpoint_;
  cell_process process_;
};

/// Returns the throughput relative to the arithmetic ceiling, in operations per second.
shares ceiling_share(bench_context& context, const cell_text& text, double ceiling) {
  shares all;
  for (std::uint32_t i = 0; i < std::min(5U, context.blocks); ++i) {
    lone_cell cell(context, text);
    all.push_back(throughput(cell.run(3)) / ceiling);
    cell.process().finish();
  }
  return all;
}

/// Returns the throughput in short windows relative to that in long ones of the same process, in
/// ABBA or BAAB order.
shares window_share(bench_context& context, const cell_text& text) {
  shares all;
  for (std::uint32_t i = 0; i < std::min(5U, context.blocks); ++i) {
    lone_cell cell(context, text);
    const auto short_windows = [&] {
      double operations = 0, wall_s = 0;
      for (int run = 0; run < 10; ++run) {
        const sample s = cell.run(0.1);
        operations += static_cast<double>(s.operations);
        wall_s += s.wall_s;
      }
      return operations / wall_s;
    };
    double brief[2], lasting[2];
    if (i % 2 == 0) {
      brief[0] = short_windows();
      for (double& rate : lasting) rate = throughput(cell.run(3));
      brief[1] = short_windows();
    } else {
      lasting[0] = throughput(cell.run(3));
      for (double& rate : brief) rate = short_windows();
      lasting[1] = throughput(cell.run(3));
    }
    all.push_back(std::sqrt(brief[0] * brief[1] / (lasting[0] * lasting[1])));
    cell.process().finish();
  }
  return all;
}

/// Returns the throughput of a cell relative to another program, from runs of 1 to 2 s in ABBA or
/// BAAB order.
shares against(bench_context& context, lone_cell& cell, const std::function<double()>& program) {
  shares all;
  const auto arm_rate = [&] { return throughput(cell.run(1)); };
  for (std::uint32_t i = 0; i < std::min(5U, context.blocks); ++i) {
    double a[2], b[2];
    if (i % 2 == 0)
      a[0] = arm_rate(), b[0] = program(), b[1] = program(), a[1] = arm_rate();
    else
      b[0] = program(), a[0] = arm_rate(), a[1] = arm_rate(), b[1] = program();
    if (const double share = std::sqrt(a[0] * a[1] / (b[0] * b[1])); std::isfinite(share))
      all.push_back(share);
  }
  return all;
}

shares openssl_share(bench_context& context) {
  lone_cell cell(context, {"hashing", "event_loop", 1, 1});
  return against(context, cell, [&] { return openssl_speed(cell.cpus(), 65536); });
}

shares wrk_share(bench_context& context) {
  const cpu_assignment cpus = assign_cpus(context.computer, 1);
  const nginx_server server(cpus.server, 16384);
  lone_cell cell(context, {"download:url=" + server.url(), "event_loop", 1, 64});
  return against(context, cell, [&] { return wrk(cpus.cell, 64, server.url()); });
}

shares pgbench_share(bench_context& context) {
  lone_cell cell(context, {"query:engine=postgresql", "event_loop", 1, 64});
  if (!prepare_pgbench(cell.endpoint())) return {};
  return against(context, cell, [&] { return pgbench(cell.cpus(), 64, cell.endpoint()); });
}

/// Returns how closely `mixed` meets its requested CPU time, in a run without waits; 1 is exact.
shares calibration_share(bench_context& context) {
  shares all;
  for (std::uint32_t i = 0; i < context.blocks; ++i) {
    lone_cell cell(context, {"mixed:cpu=500us,wait=0", "serial", 1, 1});
    const sample s = cell.run(0.3);
    const double cpu_s =
        (s.cpu_user_s.value_or(0) + s.cpu_system_s.value_or(0)) / static_cast<double>(s.operations);
    all.push_back(std::min(cpu_s / 500e-6, 500e-6 / cpu_s));
    cell.process().finish();
  }
  return all;
}

/// Returns 40 MB divided by the memory that 10 000 sleeping coroutines add to the idle process.
shares coroutine_memory_share(bench_context& context) {
  shares all;
  for (int i = 0; i < 3; ++i) {
    lone_cell cell(context, {"sleep:delay=100ms", "event_loop", 1, 10000});
    const sample s = cell.run(0.5);
    const auto peak = cell.process().finish();
    if (peak && s.base_rss_bytes)
      all.push_back(40e6 / static_cast<double>(*peak - *s.base_rss_bytes));
  }
  return all;
}

/// Returns 10 ms divided by the time from exec to ready.
shares start_share(bench_context& context) {
  shares all;
  for (std::uint32_t i = 0; i < 3 * context.blocks; ++i) {
    lone_cell cell(context, {"noop", "event_loop", 1, 1});
    all.push_back(0.010 / cell.process().startup_s());
    cell.process().finish();
  }
  return all;
}

struct row {
  std::string name;
  std::string_view against;
  double minimum;
  std::function<shares(bench_context&)> measure;
};

std::function<shares(bench_context&)> in_turn(cell_text limit, cell_text arm) {
  return [limit, arm](bench_context& context) { return block_share(context, limit, arm); };
}

/// Models whose sleeps are measured against the arithmetic ceiling.
constexpr std::array sleeping_models = {"event_loop", "thread_pool", "processes", "process_loops",
                                        "offload",    "gil_threads", "fibers",    "reference"};

std::vector<row> all_rows() {
  std::vector<row> rows = {
      {"hashing 64 KiB, 1 core, serial", "reference", 0.98,
       in_turn({"hashing", "reference", 1, 1}, {"hashing", "serial", 1, 1})},
      {"hashing 64 KiB, 1 core, event_loop, 16 in flight", "reference", 0.98,
       in_turn({"hashing", "reference", 1, 16}, {"hashing", "event_loop", 1, 16})},
      {"hashing 64 KiB, 1 core, shared_loop, 16 in flight", "reference", 0.98,
       in_turn({"hashing", "reference", 1, 16}, {"hashing", "shared_loop", 1, 16})},
      {"hashing 64 KiB, 1 core, thread_pool, 1 in flight", "reference", 0.98,
       in_turn({"hashing", "reference", 1, 1}, {"hashing", "thread_pool", 1, 1})},
      {"hashing 64 KiB, 1 core, event_loop", "openssl speed -evp sha256", 0.98, openssl_share},
      {"hashing 64 KiB, 2 cores, thread_pool, 2 in flight", "2 plain loops", 0.95,
       in_turn({"hashing", "reference", 2, 2}, {"hashing", "thread_pool", 2, 2})},
      {"hashing 64 KiB, 2 cores, processes, 2 in flight", "2 plain loops", 0.95,
       in_turn({"hashing", "reference", 2, 2}, {"hashing", "processes", 2, 2})},
      {"network 64 B, 1 core, event_loop, 64 in flight", "reference", 0.95,
       in_turn({"network", "reference", 1, 64}, {"network", "event_loop", 1, 64})},
      {"network 64 B, 1 core, event_loop, 512 in flight", "reference", 0.95,
       in_turn({"network", "reference", 1, 512}, {"network", "event_loop", 1, 512})},
      {"network 64 B, 1 core, reference io_uring, 64 in flight", "reference epoll", 1.00,
       in_turn({"network", "reference:backend=epoll", 1, 64},
               {"network", "reference:backend=io_uring", 1, 64})},
      {"network 64 B, 1 core, fibers, 64 in flight", "reference", 0.85,
       in_turn({"network", "reference", 1, 64}, {"network", "fibers", 1, 64})},
      {"sleep 100 ms, 1 core, event_loop, 10 000 in flight", "in flight / delay", 0.97,
       [](bench_context& context) {
         return ceiling_share(context, {"sleep:delay=100ms", "event_loop", 1, 10000}, 100000);
       }},
      {"noop, 1 core, event_loop, 64 in flight", "bare Asio posts", 0.90,
       in_turn({"noop", "bare_posts", 1, 64}, {"noop", "event_loop", 1, 64})},
      {"noop, 1 core, thread_pool, 1 in flight", "bare oneTBB tasks", 0.90,
       in_turn({"noop", "bare_tasks", 1, 1}, {"noop", "thread_pool", 1, 1})},
      {"download 16 KiB from nginx, 1 core, event_loop, 64 in flight", "wrk -t1 -c64", 0.90,
       wrk_share},
      {"query PostgreSQL, 1 core, event_loop, 64 in flight", "pgbench -M prepared -S -c 64", 0.90,
       pgbench_share},
      {"mixed, 500 us of computing", "measured CPU time", 0.98, calibration_share},
      {"10 000 sleeping coroutines, memory", "40 MB", 1.0, coroutine_memory_share},
      {"start of a cell (noop)", "10 ms", 1.0, start_share},
      {"network 64 B, 1 core, thread_pool, 512 in flight, 0.1 s windows", "3 s windows", 0.95,
       [](bench_context& context) {
         return window_share(context, {"network", "thread_pool", 1, 512});
       }},
  };
  for (const char* const model : sleeping_models)
    rows.push_back({fmt::format("sleep 10 ms, 1 core, {}, 64 in flight", model),
                    "in flight / delay", 0.99, [model](bench_context& context) {
                      return ceiling_share(context, {"sleep", model, 1, 64}, 6400);
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
    shares values = r.measure(context);
    if (values.empty()) {
      fmt::print("{:<62} {:<30} {:>7.2f} not measured\n", r.name, r.against, r.minimum);
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
