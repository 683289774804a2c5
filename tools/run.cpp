#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <random>

#include "bench/cell/cpu_switches.hpp"
#include "bench/measure/contest.hpp"
#include "bench/measure/environment.hpp"
#include "bench/measure/google_benchmark.hpp"
#include "bench/measure/local_blocks.hpp"
#include "bench/measure/traced_run.hpp"
#include "reports/contest_table.hpp"
#include "reports/contests.hpp"
#include "reports/machine_types.hpp"
#include "reports/settled.hpp"
#include "reports/summary.hpp"
#include "reports/timeline.hpp"
#include "tools/earlier_run.hpp"
#include "tools/fleet_run.hpp"
#include "tools/progress.hpp"
#include "tools/results_writer.hpp"
#include "tools/run_flags.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/command_words.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using fingerprint = std::map<std::string, std::string>;

results empty_results(const std::vector<planned_cell>& cells, const fingerprint& environment,
                      std::uint64_t seed) {
  results all;
  all.environment = environment;
  all.environment["google_benchmark_build_type"] = google_benchmark_build_type();
  all.seed = seed;
  all.date = utc_timestamp();
  for (const planned_cell& cell : cells) all.cells.push_back(result_of(cell));
  return all;
}

/// Throws `error` if `--trace` cannot work, before anything is measured.
void check_traceable(const std::vector<planned_cell>& cells, const std::string& file) {
  std::vector<const planned_cell*> runnable;
  for (const planned_cell& cell : cells)
    if (cell.skip_reason.empty()) runnable.push_back(&cell);
  if (runnable.empty()) return;  // run_contests reports it
  if (runnable.size() > 1)
    throw error(
        error_kind::invalid,
        fmt::format(
            "--trace needs exactly one cell, {} selected: choose one workload, model, core count "
            "and in-flight value",
            runnable.size()));
  const planned_cell& cell = *runnable.front();
  if (model_type_of(cell)->is_other_program())
    throw error(error_kind::invalid,
                fmt::format("--trace: not supported for {}, which is another program", cell.model));
  if (const std::string reason = cpu_switches_refusal(); !reason.empty())
    throw error(error_kind::unsupported, "--trace: " + reason);
  check_writable(file);
}

/// Prints at once, and does not throw if the stream is closed, so that the run continues.
void print(std::FILE* stream, const std::string& text) {
  std::fputs(text.c_str(), stream);
  std::fflush(stream);
}

/// Traces the cell in a separate run, long enough at the measured throughput. Returns a line that
/// names the file.
std::string write_trace(const std::string& file, const cell_options& options,
                        const machine& computer, server_pool& servers, const planned_cell& cell,
                        const cell_result& measured) {
  const sample& last = measured.samples.back();
  const auto [traced, trace] = trace_in_fresh_process(
      options, computer, servers, cell, static_cast<double>(last.operations) / last.wall_s);
  write_atomically(file, trace_events(trace, measured, traced));
  return fmt::format(
      "trace:   {} ({} operations of a separate run; open it at ui.perfetto.dev or "
      "chrome://tracing)\n",
      file, traced.operations);
}

cell_options cell_options_of(const run_settings& plan, const std::string& launcher) {
  cell_options options;
  options.program = executable_path();
  options.cells = cells_directory();
  if (!launcher.empty()) options.launcher = split_words(launcher);
  options.grace_s = plan.grace_s;
  return options;
}

measuring_options measuring_options_of(const results& all) {
  measuring_options options;
  options.block.seconds = all.plan->seconds;
  options.block.warm_up_s = std::min(0.02, options.block.seconds / 4);
  options.budget_s = all.plan->budget_s;
  options.repetitions = all.plan->repetitions;
  options.seed = all.seed;
  options.clients = all.plan->clients;
  options.is_settled = blocks_settle;
  return options;
}

/// Facts that the plan of a run follows from.
struct planning {
  const machine& computer;  ///< that measures; of a fleet, the largest one
  machine_limits limits;
  const std::map<std::string, std::string>& endpoints;
  const fingerprint& environment;  ///< of this machine
};

/// Cells of a run, and the document of its results so far.
struct prepared_run {
  std::vector<planned_cell> cells;
  results all;
};

/// Plans the run that the flags describe.
prepared_run prepare_run(const run_flags& flags, const string_list& arguments,
                         const google_benchmark& library, const planning& with) {
  const suite& chosen_suite = flags.cells.chosen_suite();
  auto cells =
      plan(flags.cells.matrices(with.computer), with.computer, with.limits, with.endpoints);
  const std::size_t planned = cells.size();
  std::erase_if(cells,
                [&](const planned_cell& cell) { return !library.filter().keeps(cell.name); });
  if (planned > 0 && cells.empty())
    throw error(error_kind::invalid, "--benchmark_filter matches no cell; see crossover list");
  results all =
      empty_results(cells, with.environment, flags.seed ? *flags.seed : std::random_device()());
  all.command = {program_name(), "run"};
  std::transform(arguments.begin(), arguments.end(), std::back_inserter(all.command),
                 without_password);
  all.equal = flags.equal;
  if (!flags.cells.names_cells()) all.suite = chosen_suite.name;
  all.plan = flags.plan_for(chosen_suite);
  all.plan->repetitions = library.repetitions().value_or(flags.repetitions);
  return {std::move(cells), std::move(all)};
}

/// Plans the run of `--replay` again.
prepared_run prepare_replay(const run_flags& flags, const earlier_run& earlier,
                            const fingerprint& environment, std::vector<planned_cell> cells) {
  const results& read = earlier.read();
  results all = empty_results(cells, environment, read.seed);
  all.command = read.command;
  all.equal = read.equal;
  all.suite = read.suite;
  all.plan = read.plan;
  if (!all.plan) {
    const auto suites = all_suites();
    const auto named = std::find_if(suites.begin(), suites.end(),
                                    [&](const suite& s) { return s.name == read.suite; });
    all.plan = flags.plan_for(named == suites.end() ? suites.front() : *named);
    print(stderr, fmt::format("{}: an older version wrote no plan; seconds, budget and blocks are "
                              "those of the suite\n",
                              flags.replay));
  }
  return {std::move(cells), std::move(all)};
}

/// Plans the rest of the run of `--resume`.
prepared_run prepare_rest(const earlier_run& earlier, std::vector<planned_cell> cells) {
  results all = earlier.read();
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (!cells[i].skip_reason.empty() && !all.cells[i].samples.empty())
      throw error(error_kind::unsupported,
                  fmt::format("{} can no longer run: {}", cells[i].name, cells[i].skip_reason));
  all.status = results_status::complete;
  all.aggregates.clear();
  return {std::move(cells), std::move(all)};
}

prepared_run prepare_again(const run_flags& flags, const earlier_run& earlier,
                           const planning& with) {
  std::vector<planned_cell> cells =
      earlier.cells(with.computer, with.limits, with.endpoints, flags.workload_commands());
  return flags.resume.empty() ? prepare_replay(flags, earlier, with.environment, std::move(cells))
                              : prepare_rest(earlier, std::move(cells));
}

/// Says which file the results go to if `--out` exists; "" otherwise.
std::string kept_or_replaced(const run_flags& flags, const std::string& out, bool existed) {
  if (!flags.resume.empty()) return fmt::format("continuing {}\n", out);
  if (out != flags.out)
    return fmt::format("{} is kept; writing {} (--force replaces it)\n", flags.out, out);
  return existed ? fmt::format("replacing {}\n", out) : "";
}

}  // namespace

flag_table run_flag_table() { return table_of_flags<run_flags>(); }

int run_command(const string_list& arguments) {
  CLI::App app(
      "usage: crossover run [FLAGS]\n"
      "Measure which model is best. Google Benchmark flags (--benchmark_…) work too.\n"
      "Example:  crossover run --workload network --model event_loop --cores 1,2",
      "run");
  run_flags flags;
  flags.add_to(app);
  if (!parse(app, arguments, &flags.benchmark_flags)) return exit_code::ok;
  flags.cells.add_models();

  const google_benchmark library(flags.benchmark_flags);
  std::optional<earlier_run> earlier;
  file_lock lock;
  if (!flags.earlier_file().empty()) {
    flags.require_no_others(app);
    if (!flags.resume.empty()) lock = lock_to_replace(flags.resume);
    earlier.emplace(flags.earlier_file());
    if (!flags.resume.empty() && earlier->read().status == results_status::complete) {
      fmt::print("{} is complete: nothing is left to measure\n", flags.resume);
      return exit_code::ok;
    }
    earlier->require_programs(flags.programs());
  }
  const machine computer = read_machine();
  const fingerprint environment = read_environment(computer);
  if (earlier && !flags.resume.empty()) {
    earlier->require_same_machine(environment);
    earlier->require_fleet(flags.fleet.is_given());
  }
  const std::map<std::string, std::string> external_servers =
      parse_endpoints(flags.endpoints, flags.launcher.empty());
  std::map<std::string, std::string> shown_endpoints;
  for (const auto& [workload, endpoint] : external_servers)
    shown_endpoints[workload] = without_password(endpoint);
  progress_line line;
  if (flags.fleet.is_given()) catch_interrupts();
  const std::uint32_t clients = !earlier               ? flags.fleet.clients_of_server()
                                : earlier->read().plan ? earlier->read().plan->clients
                                                       : 0;
  const std::unique_ptr<fleet> hosts = start_fleet(flags, clients, environment, line);
  line.clear();
  const planning with{hosts ? hosts->largest().computer : computer,
                      hosts ? hosts->largest().limits : read_limits(), shown_endpoints,
                      environment};
  prepared_run prepared =
      earlier ? prepare_again(flags, *earlier, with) : prepare_run(flags, arguments, library, with);
  std::vector<planned_cell>& cells = prepared.cells;
  if (clients > 0) skip_local_servers(cells);
  results& all = prepared.all;
  if (library.lists_only()) {
    for (const planned_cell& cell : cells)
      if (cell.skip_reason.empty()) fmt::print("{}\n", cell.name);
    return exit_code::ok;
  }
  server_pool servers(executable_path(), external_servers);
  const cell_options measuring = cell_options_of(*all.plan, flags.launcher);
  measuring_options options = measuring_options_of(all);
  const std::string& wanted = flags.resume.empty() ? flags.out : flags.resume;
  const bool replaces = flags.force || !flags.resume.empty();
  if (wanted == standard_stream && library.prints())
    throw error(error_kind::invalid,
                "--out - and --benchmark_format both write to standard output; name a file");
  if (!flags.trace.empty() && hosts)
    throw error(error_kind::invalid, "--trace: not supported with --hosts");
  if (!flags.trace.empty()) check_traceable(cells, flags.trace);
  if (hosts) {
    options.hosts = add_hosts(all, *hosts);
    hosts->plan(cells, {.seconds = options.block.seconds,
                        .warm_up_s = options.block.warm_up_s,
                        .grace_s = all.plan->grace_s,
                        .seed = all.seed,
                        .launcher = measuring.launcher,
                        .endpoints = external_servers});
  }
  catch_interrupts();
  const bool existed = replaces && std::filesystem::is_regular_file(wanted);
  results_writer writer(wanted, replaces, std::move(lock), all);
  const std::string& out = writer.file();

  // Standard output belongs to a document that is written there.
  std::FILE* const stream =
      library.prints() || out == standard_stream || flags.trace == standard_stream ? stderr
                                                                                   : stdout;
  print(stderr, kept_or_replaced(flags, out, existed));
  options.progress = [&line](const measuring_progress& progress) { line.show(progress); };
  options.save = [&writer, &line] {
    const std::string problem = writer.save();
    if (problem.empty()) return;
    line.clear();
    print(stderr, fmt::format("{}: {}; measuring continues\n", program_name(), problem));
  };
  options.is_decided = [&all](const results& of_contest) {
    const std::optional<results> split = split_by_machine_type(of_contest);
    const std::vector<contest> judged =
        contests_of(split ? *split : of_contest, autocorrelation_of(all));
    return !judged.empty() && std::all_of(judged.begin(), judged.end(),
                                          [](const contest& c) { return c.is_decided(); });
  };
  if (!library.prints())
    options.show_contest = [&all, &line, stream](const results& of_contest) {
      line.clear();
      print(stream,
            contest_tables(of_contest, autocorrelation_of(all), terminal_of(::fileno(stream))));
    };
  machine_watch watch;
  const arm_factory arms = cell_arms(measuring, computer, servers);
  local_host here(local_blocks(options.block, options.seed, arms, watch));
  run_contests(cells, all, hosts ? static_cast<measuring_hosts&>(*hosts) : here, options);
  line.clear();
  const bool benchmark_out_written = library.report(all);
  if (!library.prints())
    print(stream, fmt::format("\n{}", summary(all, terminal_of(::fileno(stream)))));
  writer.finish();
  if (!benchmark_out_written)
    throw error(error_kind::unwritable,
                "--benchmark_out: cannot be written in full; free space on its disk");
  if (!library.prints()) print(stream, fmt::format("results: {}\n", shown_name(out)));
  if (all.status == results_status::interrupted) {
    if (is_replaceable(out))
      print(stderr,
            fmt::format("continue with: {} run --resume {}{}{}\n", program_name(), shell_word(out),
                        shell_words(flags.fleet.words()), shell_words(all.plan->programs)));
    if (!was_interrupted())
      throw error(error_kind::failed, fmt::format("{} host is left; the blocks are kept",
                                                  clients > 0 ? "no other" : "no"));
    return exit_code::interrupted;
  }
  for (const cell_result& cell : all.cells)
    if (cell.status == cell_status::failed) return exit_code::regression;
  for (std::size_t i = 0; i < cells.size() && !flags.trace.empty(); ++i)
    if (cells[i].skip_reason.empty() && !all.cells[i].samples.empty())
      print(stream, write_trace(flags.trace, measuring, computer, servers, cells[i], all.cells[i]));
  return exit_code::ok;
}

}  // namespace crossover
