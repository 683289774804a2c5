#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>

#include "bench/cell/cpu_switches.hpp"
#include "bench/measure/contest.hpp"
#include "bench/measure/environment.hpp"
#include "bench/measure/google_benchmark.hpp"
#include "bench/measure/traced_run.hpp"
#include "reports/contest_table.hpp"
#include "reports/contests.hpp"
#include "reports/settled.hpp"
#include "reports/summary.hpp"
#include "reports/timeline.hpp"
#include "tools/command_line.hpp"
#include "tools/progress.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/command_words.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/registry.hpp"

#include <unistd.h>

namespace crossover {
namespace {

/// Masks the password of a URL in `text`, because results are shared.
std::string without_password(const std::string& text) {
  static const RE2 password("(://[^/@:]*):[^/@]*@", RE2::Latin1);
  std::string shown = text;
  RE2::GlobalReplace(&shown, password, "\\1:***@");
  return shown;
}

/// Parses `--endpoint` values. Connects to each server once, so that a bad address is reported
/// before anything is measured.
std::map<std::string, std::string> parse_endpoints(const string_list& texts) {
  std::map<std::string, std::string> endpoints;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw error(
          error_kind::invalid,
          fmt::format("--endpoint {}: expected WORKLOAD=ADDRESS, as in network=127.0.0.1:4000",
                      without_password(text)));
    const workload_type& type = find_workload(text.substr(0, equals));
    if (type.start_server == nullptr)
      throw error(error_kind::invalid, fmt::format("--endpoint {}: {} uses no server",
                                                   without_password(text), type.name));
    try {
      if (type.try_endpoint != nullptr)
        type.try_endpoint(text.substr(equals + 1));
      else
        connect_first(text.substr(equals + 1));
    } catch (const error& e) {
      throw error(error_kind::invalid,
                  fmt::format("--endpoint {}: {}", without_password(text), e.what()));
    }
    endpoints[std::string(type.name)] = text.substr(equals + 1);
  }
  return endpoints;
}

results empty_results(const std::vector<planned_cell>& cells, const machine& computer,
                      const string_list& arguments, std::uint64_t seed) {
  results all;
  all.environment = read_environment(computer);
  all.environment["google_benchmark_build_type"] = google_benchmark_build_type();
  all.command = {program_name(), "run"};
  std::transform(arguments.begin(), arguments.end(), std::back_inserter(all.command),
                 without_password);
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

/// Flags of `run` as given on the command line; 0 stands for the suite's value.
struct run_flags {
  selection cells;
  string_list endpoints, benchmark_flags;
  double budget_s = 0, equal = 0.05, seconds = 0, grace_s = 20;
  std::uint32_t repetitions = 0;
  std::optional<std::uint64_t> seed;
  std::string launcher, out = "results.json", trace;
  bool force = false;

  void add_to(CLI::App& app);
};

void run_flags::add_to(CLI::App& app) {
  cells.add_to(app);
  add_value(app, "--seconds", "S", seconds, decimal_text{0.001, 3600},
            "window time per model and block (default 0.08)");
  add_value(app, "--repetitions", "N", repetitions, whole_text{1, 10'000},
            "blocks (default: as many as the scatter needs)");
  add_value(app, "--budget", "TIME", budget_s, duration_text(),
            "measuring time of the whole run (default 2min)");
  add_value(app, "--equal", "P", equal, share_text(),
            "margin of equivalence to the best (default 5%)");
  add_value(app, "--seed", "N", seed, whole_text(),
            "seed for all random choices (default: random)");
  app.add_option("--endpoint", endpoints, "your own server, as in network=HOST:PORT; repeatable")
      ->option_text("W=ADDRESS")
      ->take_all()
      ->allow_extra_args(false);
  add_value(app, "--launcher", "COMMAND", launcher, plain_text(),
            "command prefix of cells, e.g. 'taskset -c 3'");
  add_value(app, "--grace", "S", grace_s, positive_text(),
            "kill a cell after S extra seconds (default 20)")
      ->group("");
  add_value(app, "--out", "FILE", out, plain_text(), "results file (default results.json)");
  app.add_flag("--force", force, "replace an existing results file (default: keep it)");
  add_value(app, "--trace", "FILE", trace, plain_text(),
            "trace of a single cell (Chrome trace events)");
}

cell_options cell_options_of(const run_flags& flags) {
  cell_options options;
  options.program = executable_path();
  options.cells = cells_directory();
  if (!flags.launcher.empty()) options.launcher = split_words(flags.launcher);
  options.grace_s = flags.grace_s;
  return options;
}

measuring_options contest_options_of(const run_flags& flags, const suite& chosen_suite,
                                     std::optional<std::uint32_t> benchmark_repetitions) {
  measuring_options options;
  options.block.seconds = flags.seconds > 0 ? flags.seconds : chosen_suite.seconds;
  options.block.warm_up_s = std::min(0.02, options.block.seconds / 4);
  options.budget_s = flags.budget_s > 0 ? flags.budget_s : chosen_suite.budget_s;
  options.repetitions = benchmark_repetitions.value_or(flags.repetitions);
  options.seed = flags.seed ? *flags.seed : std::random_device()();
  options.is_settled = blocks_settle;
  return options;
}

/// Says which file the results go to if `--out` exists; "" otherwise.
std::string kept_or_replaced(const run_flags& flags, const std::string& out) {
  if (out != flags.out)
    return fmt::format("{} is kept; writing {} (--force replaces it)\n", flags.out, out);
  return std::filesystem::is_regular_file(out) ? fmt::format("replacing {}\n", out) : "";
}

/// Writes the results after each block, so that they survive a killed process. Writing a document
/// of thousands of samples takes long: it is limited to a twentieth of the time.
class results_writer {
 public:
  results_writer(std::string file, const results& all) : file_(std::move(file)), all_(all) {}

  void save() {
    const std::int64_t begin = now_ns();
    if (begin < next_ns_ || !is_replaceable(file_)) return;
    results so_far = all_;
    so_far.status = results_status::interrupted;
    write(so_far);
    const std::int64_t took = now_ns() - begin;
    next_ns_ = took < 5'000'000 ? 0 : now_ns() + 20 * took;
  }
  void finish() { write(all_); }

 private:
  void write(results document) const {
    for (cell_result& cell : document.cells) {
      if (cell.status != cell_status::ok || !cell.samples.empty()) continue;
      cell.status = cell_status::skipped;
      cell.reason = "not measured: the run was interrupted";
    }
    write_results(file_, document);
  }

  std::string file_;
  const results& all_;
  std::int64_t next_ns_ = 0;
};

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
  const suite& chosen_suite = flags.cells.chosen_suite();
  const machine computer = read_machine();
  const std::map<std::string, std::string> external_servers = parse_endpoints(flags.endpoints);
  std::map<std::string, std::string> shown_endpoints;
  for (const auto& [workload, endpoint] : external_servers)
    shown_endpoints[workload] = without_password(endpoint);
  auto cells = plan(flags.cells.matrices(computer), computer, read_limits(), shown_endpoints);
  const std::size_t planned = cells.size();
  std::erase_if(cells,
                [&](const planned_cell& cell) { return !library.filter().keeps(cell.name); });
  if (planned > 0 && cells.empty())
    throw error(error_kind::invalid, "--benchmark_filter matches no cell; see crossover list");
  if (library.lists_only()) {
    for (const planned_cell& cell : cells)
      if (cell.skip_reason.empty()) fmt::print("{}\n", cell.name);
    return exit_code::ok;
  }
  server_pool servers(executable_path(), external_servers);
  const cell_options measuring = cell_options_of(flags);
  measuring_options options = contest_options_of(flags, chosen_suite, library.repetitions());
  const std::string out = flags.force ? flags.out : unused_name(flags.out);
  check_writable(out);
  if (out == standard_stream && library.prints())
    throw error(error_kind::invalid,
                "--out - and --benchmark_format both write to standard output; name a file");
  if (!flags.trace.empty()) check_traceable(cells, flags.trace);
  results all = empty_results(cells, computer, arguments, options.seed);
  all.equal = flags.equal;
  if (!flags.cells.names_cells()) all.suite = chosen_suite.name;

  // Standard output belongs to a document that is written there.
  std::FILE* const stream =
      library.prints() || out == standard_stream || flags.trace == standard_stream ? stderr
                                                                                   : stdout;
  print(stderr, kept_or_replaced(flags, out));
  catch_interrupts();
  progress_line line;
  results_writer writer(out, all);
  options.progress = [&line](const measuring_progress& progress) { line.show(progress); };
  options.save = [&writer] { writer.save(); };
  options.is_decided = [&all](const results& of_contest) {
    const std::vector<contest> judged = contests_of(of_contest, autocorrelation_of(all));
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
  run_contests(cells, all, cell_arms(measuring, computer, servers), watch, options);
  line.clear();
  const bool benchmark_out_written = library.report(all);
  writer.finish();
  if (!benchmark_out_written)
    throw error(error_kind::unwritable,
                "--benchmark_out: cannot be written in full; free space on its disk");

  if (!library.prints())
    print(stream, fmt::format("\n{}results: {}\n", summary(all, terminal_of(::fileno(stream))),
                              shown_name(out)));
  if (all.status == results_status::interrupted) return exit_code::interrupted;
  for (const cell_result& cell : all.cells)
    if (cell.status == cell_status::failed) return exit_code::regression;
  for (std::size_t i = 0; i < cells.size() && !flags.trace.empty(); ++i)
    if (cells[i].skip_reason.empty() && !all.cells[i].samples.empty())
      print(stream, write_trace(flags.trace, measuring, computer, servers, cells[i], all.cells[i]));
  return exit_code::ok;
}

}  // namespace crossover
