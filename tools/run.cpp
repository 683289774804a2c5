#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include "bench/cell/cpu_switches.hpp"
#include "bench/measure/environment.hpp"
#include "bench/measure/runner.hpp"
#include "reports/summary.hpp"
#include "reports/timeline.hpp"
#include "tools/command_line.hpp"
#include "tools/progress.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/registry.hpp"

#include <unistd.h>

namespace crossover {
namespace {

/// Masks the password of a URL in `text`, because results are shared.
std::string without_password(const std::string& text) {
  static const std::regex password("(://[^/@:]*):[^/@]*@");
  return std::regex_replace(text, password, "$1:***@");
}

/// Parses `--endpoint` values. Connects to each server once, so that a bad address is reported
/// before anything is measured.
std::map<std::string, std::string> users_endpoints(const string_list& texts) {
  std::map<std::string, std::string> endpoints;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw error(error_kind::invalid,
                  fmt::format("--endpoint {}: write WORKLOAD=WHERE, as network=127.0.0.1:4000",
                              without_password(text)));
    const workload_type& type = find_workload(text.substr(0, equals));
    if (type.start_server == nullptr)
      throw error(error_kind::invalid, fmt::format("--endpoint {}: {} talks to no server",
                                                   without_password(text), type.name));
    try {
      if (type.try_endpoint != nullptr)
        type.try_endpoint(text.substr(equals + 1));
      else
        connect_first(text.substr(equals + 1));
    } catch (const error& trouble) {
      throw error(error_kind::invalid,
                  fmt::format("--endpoint {}: {}", without_password(text), trouble.what()));
    }
    endpoints[std::string(type.name)] = text.substr(equals + 1);
  }
  return endpoints;
}

string_list split_words(const std::string& text) {
  std::istringstream in(text);
  string_list all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

results empty_results(const std::vector<planned_cell>& cells, const machine& here,
                      const string_list& arguments, std::uint64_t seed) {
  results all;
  all.environment = read_environment(here);
  all.environment["google_benchmark_build_type"] = google_benchmark_build_type();
  all.command = {"crossover", "run"};
  std::transform(arguments.begin(), arguments.end(), std::back_inserter(all.command),
                 without_password);
  all.seed = seed;
  all.date = fmt::format(
      "{:%Y-%m-%dT%H:%M:%S}+00:00",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  for (const planned_cell& cell : cells) all.cells.push_back(result_of(cell));
  return all;
}

/// Throws `error` if `--trace` cannot work, before anything is measured.
void check_traceable(const std::vector<planned_cell>& cells, const std::string& file) {
  const auto runnable = [](const planned_cell& cell) { return cell.skip_reason.empty(); };
  const auto count = std::count_if(cells.begin(), cells.end(), runnable);
  if (count == 0) return;  // run_cells reports it
  if (count > 1)
    throw error(error_kind::invalid, fmt::format("--trace draws one cell, and {} are chosen: name "
                                                 "one workload, model, cores and in flight",
                                                 count));
  const planned_cell& only = *std::find_if(cells.begin(), cells.end(), runnable);
  if (!only.model->script.empty())
    throw error(
        error_kind::invalid,
        fmt::format("--trace: {} runs in CPython, which keeps no trace; choose another model",
                    only.model->name));
  if (const std::string why = cpu_switches_refusal(); !why.empty())
    throw error(error_kind::unsupported, "--trace: " + why);
  check_writable(file);
}

void write_trace(const std::string& file, const measuring& how, const machine& here,
                 server_pool& servers, const planned_cell& cell, const cell_result& measured) {
  const sample& last = measured.samples.back();
  const auto [traced, trace] = trace_in_fresh_process(
      how, here, servers, cell, static_cast<double>(last.operations) / last.wall_s);
  write_atomically(file, trace_events(trace, measured, traced));
  fmt::print(
      "trace:   {} ({} operations of a run of its own; open it at ui.perfetto.dev or "
      "chrome://tracing)\n",
      file, traced.operations);
}

}  // namespace

int run_command(const string_list& arguments) {
  CLI::App app(
      "Measure: every cell in fresh processes, repetitions in random order; results to --out.\n"
      "Google Benchmark's flags (--benchmark_filter=REGEX and the rest) are passed through.\n"
      "Example:  crossover run --workload network:bytes=64 --model event_loop --model thread_pool "
      "--cores 1,2 --in-flight 1,64",
      "run");
  selection chosen;
  chosen.add_to(app);
  measuring how;
  run_options options;
  double seconds = 0;
  std::uint32_t repetitions = 0;
  std::optional<std::uint64_t> seed;
  string_list endpoints;
  std::string launcher, out = "results.json", trace;
  app.add_option("--seconds", seconds, "measured time of a repetition")
      ->check(CLI::Range(0.001, 3600.0));
  app.add_option("--repetitions", repetitions, "fresh cell processes a cell")
      ->check(CLI::Range(1, 10000));
  app.add_option("--seed", seed, "of everything random here");
  app.add_option("--endpoint", endpoints,
                 "WORKLOAD=HOST:PORT or a database URL, repeatable: a server of yours")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--launcher", launcher, "put before the cell's command line, as 'taskset -c 3'");
  app.add_option("--grace", how.grace_s,
                 "kill a cell that takes this many extra seconds (default 20)")
      ->check(CLI::PositiveNumber);
  app.add_option("--out", out, "the results file (default results.json)");
  app.add_option("--trace", trace,
                 "of one cell: which operation ran on which core when (Chrome trace events)");
  if (!parse(app, arguments, &options.benchmark_flags)) return exit_code::ok;

  const suite& named = chosen.chosen_suite();
  const machine here = read_machine();
  const std::map<std::string, std::string> external_servers = users_endpoints(endpoints);
  std::set<std::string> served;
  for (const auto& [workload, endpoint] : external_servers) served.insert(workload);
  const auto cells = plan(chosen.matrices(here), here, read_limits(), served);
  server_pool servers(executable_path(), external_servers);
  how.program = executable_path();
  how.cells = CROSSOVER_CELLS;
  how.launcher = split_words(launcher);
  how.seconds = seconds > 0 ? seconds : named.seconds;
  how.warm_up_s = std::min(0.25, how.seconds / 4);
  how.seed = seed ? *seed : std::random_device()();
  options.repetitions = repetitions > 0 ? repetitions : named.repetitions;
  options.out = out;
  check_writable(options.out);
  if (!trace.empty()) check_traceable(cells, trace);
  results all = empty_results(cells, here, arguments, how.seed);
  if (chosen.workloads.empty() && chosen.models.empty()) all.suite = named.name;

  catch_interrupts();
  progress_line line;
  options.progress = [&line](const run_progress& now) { line.show(now); };
  run_cells(cells, all, options, measure_in_fresh_process(how, here, servers));
  line.clear();

  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  fmt::print("\n{}\nresults: {}\n", summary(all, terminal), out);
  if (all.status == results_status::interrupted) return exit_code::interrupted;
  const bool failed = std::any_of(all.cells.begin(), all.cells.end(), [](const cell_result& cell) {
    return cell.status == cell_status::failed;
  });
  for (std::size_t i = 0; i < cells.size() && !trace.empty() && !failed; ++i)
    if (cells[i].skip_reason.empty() && !all.cells[i].samples.empty())
      write_trace(trace, how, here, servers, cells[i], all.cells[i]);
  return failed ? exit_code::regression : exit_code::ok;
}

}  // namespace crossover
