// `limits`: how far each model stays from what this machine can do, as ratios of arms that take turns in one run.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <regex>
#include <vector>

#include "bench/cell/cell.hpp"
#include "bench/duel.hpp"
#include "bench/fixtures.hpp"
#include "bench/machine.hpp"
#include "bench/models/bare.hpp"
#include "reports/interval.hpp"
#include "tools/commands.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

/// The share of the limit's throughput that an arm reaches, one value a block.
using shares = std::vector<double>;

struct bench_place {
  machine here = read_machine();
  fixtures servers;
  std::uint32_t blocks;
};

struct cell_words {
  std::string workload;  ///< with parameters, as on the command line
  std::string model;
  std::uint32_t cores;
  std::uint32_t in_flight;
};

duel_arm arm_of(bench_place& place, const cell_words& words) {
  const named_parameters workload = parse_named_parameters(words.workload), model = parse_named_parameters(words.model);
  planned_cell cell;
  cell.workload = &find_workload(workload.name);
  cell.workload_values = parameter_values(workload.name, cell.workload->parameters, workload.given);
  const allotment given = allot(place.here, words.cores);
  duel_arm arm;
  arm.command = {own_program(), "cell"};
  arm.what.workload = workload.name;
  for (const auto& [name, text] : cell.workload_values.texts()) arm.what.parameters[name] = text;
  arm.what.model = model.name;
  arm.what.model_parameters = model.given;
  arm.what.cores = given.cell;
  arm.what.in_flight = words.in_flight;
  arm.what.endpoint = place.servers.place_for(cell, given).endpoint;
  return arm;
}

/// Throughput of `arm` over that of `limit`, from alternating slices of 20 ms.
shares duel_share(bench_place& place, const cell_words& limit, const cell_words& arm) {
  duel_plan plan;
  plan.blocks = place.blocks;
  shares all;
  for (const duel_block& block : run_duel(arm_of(place, limit), arm_of(place, arm), plan)) {
    std::vector<double> logs;
    for (const duel_group& group : block.groups) logs.push_back(-group.log_ratio());
    std::nth_element(logs.begin(), logs.begin() + static_cast<std::ptrdiff_t>(logs.size() / 2), logs.end());
    all.push_back(std::exp(logs[logs.size() / 2]));
  }
  return all;
}

/// Throughput over what arithmetic allows.
shares ceiling_share(bench_place& place, const cell_words& words, double ceiling) {
  shares all;
  for (std::uint32_t i = 0; i < std::min(5U, place.blocks); ++i) {
    const duel_arm arm = arm_of(place, words);
    cell_process process(arm.command, 20);
    process.prepare(arm.what);
    process.run({.seconds = 0.3});
    const sample s = process.run({.seconds = 3});
    all.push_back(static_cast<double>(s.operations) / s.wall_s / ceiling);
    process.finish();
  }
  return all;
}

/// Bytes a second that `openssl speed` digests on this CPU, in the units of an operation.
double openssl_speed_operations(int cpu, std::size_t bytes) {
  const std::string command = fmt::format("taskset -c {} openssl speed -elapsed -seconds 1 -bytes {} -evp sha256 2>/dev/null", cpu, bytes);
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nan("");
  std::string text;
  char chunk[512];
  while (std::size_t n = std::fread(chunk, 1, sizeof chunk, pipe)) text.append(chunk, n);
  ::pclose(pipe);
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(R"(([0-9.]+)k\s*$)"))) return std::nan("");
  return std::stod(match[1]) * 1000 / static_cast<double>(bytes);
}

shares openssl_share(bench_place& place) {
  shares all;
  const duel_arm arm = arm_of(place, {"hashing", "event_loop", 1, 1});
  cell_process process(arm.command, 20);
  process.prepare(arm.what);
  process.run({.seconds = 0.2});
  for (std::uint32_t i = 0; i < std::min(5U, place.blocks); ++i) {
    const double limit = openssl_speed_operations(arm.what.cores.front(), 65536);
    const sample s = process.run({.seconds = 1});
    if (std::isfinite(limit)) all.push_back(static_cast<double>(s.operations) / s.wall_s / limit);
  }
  return all;
}

/// 10 ms over the time from exec to ready.
shares start_share(bench_place& place) {
  shares all;
  for (std::uint32_t i = 0; i < 3 * place.blocks; ++i) {
    const duel_arm arm = arm_of(place, {"noop", "event_loop", 1, 1});
    cell_process process(arm.command, 20);
    process.prepare(arm.what);
    all.push_back(0.010 / process.start_s());
    process.finish();
  }
  return all;
}

struct row {
  std::string_view what;
  std::string_view against;
  double least;
  std::function<shares(bench_place&)> measure;
};

std::function<shares(bench_place&)> duel(cell_words limit, cell_words arm) {
  return [limit, arm](bench_place& place) { return duel_share(place, limit, arm); };
}

std::vector<row> all_rows() {
  return {
      {"hashing 64 KiB, 1 core, serial", "reference", 0.98, duel({"hashing", "reference", 1, 1}, {"hashing", "serial", 1, 1})},
      {"hashing 64 KiB, 1 core, event_loop, 16 in flight", "reference", 0.98, duel({"hashing", "reference", 1, 16}, {"hashing", "event_loop", 1, 16})},
      {"hashing 64 KiB, 1 core, shared_loop, 16 in flight", "reference", 0.98, duel({"hashing", "reference", 1, 16}, {"hashing", "shared_loop", 1, 16})},
      {"hashing 64 KiB, 1 core, thread_pool, 1 in flight", "reference", 0.98, duel({"hashing", "reference", 1, 1}, {"hashing", "thread_pool", 1, 1})},
      {"hashing 64 KiB, 1 core, event_loop", "openssl speed -evp sha256", 0.98, openssl_share},
      {"hashing 64 KiB, 2 cores, thread_pool, 2 in flight", "2 plain loops", 0.95, duel({"hashing", "reference", 2, 2}, {"hashing", "thread_pool", 2, 2})},
      {"hashing 64 KiB, 2 cores, processes, 2 in flight", "2 plain loops", 0.95, duel({"hashing", "reference", 2, 2}, {"hashing", "processes", 2, 2})},
      {"network 64 B, 1 core, event_loop, 64 in flight", "reference", 0.92, duel({"network", "reference", 1, 64}, {"network", "event_loop", 1, 64})},
      {"network 64 B, 1 core, event_loop, 512 in flight", "reference", 0.82, duel({"network", "reference", 1, 512}, {"network", "event_loop", 1, 512})},
      {"network 64 B, 1 core, reference io_uring, 64 in flight", "reference epoll", 1.00,
       duel({"network", "reference:backend=epoll", 1, 64}, {"network", "reference:backend=io_uring", 1, 64})},
      {"network 64 B, 1 core, fibers, 64 in flight", "reference", 0.85, duel({"network", "reference", 1, 64}, {"network", "fibers", 1, 64})},
      {"sleep 100 ms, 1 core, event_loop, 10 000 in flight", "in flight / delay", 0.97,
       [](bench_place& place) { return ceiling_share(place, {"sleep:delay=100ms", "event_loop", 1, 10000}, 100000); }},
      {"noop, 1 core, event_loop, 64 in flight", "bare Asio posts", 0.80, duel({"noop", "bare_posts", 1, 64}, {"noop", "event_loop", 1, 64})},
      {"noop, 1 core, thread_pool, 1 in flight", "bare oneTBB tasks", 0.80, duel({"noop", "bare_tasks", 1, 1}, {"noop", "thread_pool", 1, 1})},
      {"start of a cell (noop)", "10 ms", 1.0, start_share},
  };
}

std::string program_beside(const std::string& name) {
  const std::string own = own_program();
  return own.substr(0, own.rfind('/') + 1) + name;
}

int measure_all(std::uint32_t blocks, const std::string& filter) {
  bench_place place{read_machine(), fixtures(program_beside("crossover"), {}), blocks};
  int missed = 0;
  fmt::print("{:<56} {:<26} {:>7} {:>7} {:>17}\n", "arm", "against", "least", "median", "95 % of the mean");
  for (const row& r : all_rows()) {
    if (std::string(r.what).find(filter) == std::string::npos) continue;
    shares measured = r.measure(place);
    if (measured.empty()) {
      fmt::print("{:<56} {:<26} {:>7.2f} not measured\n", r.what, r.against, r.least);
      continue;
    }
    const interval mean = *mean_interval(measured);
    std::nth_element(measured.begin(), measured.begin() + static_cast<std::ptrdiff_t>(measured.size() / 2), measured.end());
    const double median = measured[measured.size() / 2];
    const bool reached = median >= r.least;
    missed += reached ? 0 : 1;
    fmt::print("{:<56} {:<26} {:>7.2f} {:>7.3f} {:>8.3f}–{:<8.3f} {}\n", r.what, r.against, r.least, median, mean.lower.value_or(median), mean.upper.value_or(median),
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
    const std::uint32_t blocks = count > 1 ? static_cast<std::uint32_t>(std::stoul(values[1])) : 10;
    return measure_all(blocks, count > 2 ? values[2] : "");
  } catch (const std::exception& trouble) {
    fmt::print(stderr, "limits: {}\n", trouble.what());
    return 64;
  }
}
