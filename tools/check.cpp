// `check`: command-line options and output files.
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <random>

#include "bench/models/added_models.hpp"
#include "reports/check/formats/formats.hpp"
#include "reports/check/judged_metric.hpp"
#include "tools/check/compare_sides.hpp"
#include "tools/command_line.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/command_words.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/base/nearest.hpp"

namespace crossover {
namespace {

struct output {
  const output_format* format;
  std::string path;  ///< "-": standard output
};

/// Flags of `check` as given on the command line.
struct check_flags {
  string_list sides, formats, benchmark_flags;
  selection cells;
  error_rates rates;
  double budget_s = 300, regimes = 0;
  std::string metric = "time", thresholds, layout, launcher, out, history, commit, slowdown;
  std::optional<std::uint64_t> seed;
  std::optional<double> grace_s;
  bool allow_different_environment = false;

  void add_to(CLI::App& app);
};

string_list names_of_formats() {
  string_list names;
  for (const output_format& format : all_formats()) names.emplace_back(format.name);
  return names;
}

void check_flags::add_to(CLI::App& app) {
  app.add_option("SIDES", sides)->expected(0, -1)->option_text("FILE");
  add_value(app, "--detect", "5%", rates.detect, share_text(),
            "slowdown that must be detected (default 5%)");
  add_value(app, "--tolerate", "1%", rates.tolerate, share_text(),
            "ignore slowdowns up to this size (default 1%)");
  add_value(app, "--false-alarms", "1%", rates.false_alarms, probability_text(),
            "false alarms per suite of equal builds (default 1%)");
  add_value(app, "--power", "95%", rates.power, probability_text(),
            "probability of detecting --detect (default 95%)");
  add_value(app, "--regimes", "10%", regimes, probability_text(),
            "find slow regimes of this share of processes");
  add_value(app, "--budget", "TIME", budget_s, duration_text(), "wall-clock limit (default 5min)");
  add_value(app, "--metric", "NAME", metric, plain_text(),
            "time, cpu, p99, memory, … (default time)");
  add_value(app, "--thresholds", "FILE", thresholds, plain_text(),
            "per-cell thresholds as JSON, see docs/ci.md");
  add_value(app, "--layout", "FILE", layout, plain_text(),
            "tolerate code layout, see docs/layout.md");
  add_value(app, "--launcher", "COMMAND", launcher, plain_text(),
            "command prefix of cells, e.g. 'taskset -c 3'");
  app.add_option("--format", formats, "output, repeatable (default text)")
      ->option_text("NAME[:PATH]")
      ->type_name(fmt::format("{}", fmt::join(names_of_formats(), ",")))
      ->take_all()
      ->allow_extra_args(false);
  add_value(app, "--out", "FILE", out, plain_text(), "also write the comparison as JSON");
  add_value(app, "--seed", "N", seed, whole_text(),
            "seed for all random choices (default: random)");
  add_value(app, "--grace", "S", grace_s, positive_text(),
            "kill a cell after S extra seconds (default 20)");
  app.add_flag("--allow-different-environment", allow_different_environment,
               "compare even if machines or builds differ");
  add_value(app, "--history", "DIR", history, plain_text(),
            "compare NEW with runs there (--commit ID stores it)");
  add_value(app, "--commit", "ID", commit, plain_text(), "store NEW in the history under this name")
      ->group(mentioned_group);
  app.add_option("--inject-slowdown", slowdown)->group("");
  cells.add_to(app, "");
}

output output_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const output_format* format = find_format(name);
  if (format == nullptr)
    throw error(error_kind::invalid, fmt::format("--format {}: unknown; {}", name,
                                                 suggestion(name, names_of_formats())));
  if (colon != std::string::npos && colon + 1 == text.size())
    throw error(error_kind::invalid, fmt::format("--format {}: missing path after ':'", text));
  return {format, colon == std::string::npos ? "-" : text.substr(colon + 1)};
}

/// Applies the two flags of Google Benchmark that check supports.
void apply_benchmark_flags(const string_list& flags, check_request& request) {
  for (const std::string& flag : flags) {
    const std::size_t equals = flag.find('=');
    const std::string name = flag.substr(0, equals),
                      value = equals == std::string::npos ? "" : flag.substr(equals + 1);
    if (name == "--benchmark_filter")
      request.filter = value;
    else if (name == "--benchmark_min_time")
      request.min_time = value;
    else
      throw error(error_kind::invalid,
                  fmt::format("unknown flag '{}': check supports only --benchmark_filter and "
                              "--benchmark_min_time",
                              name));
  }
}

/// Parses '5%' or '5%:REGEX': work added, and the cells it is added to.
void apply_slowdown(const std::string& text, check_request& request) {
  const std::size_t colon = text.find(':');
  request.slower = 100 * naming_flag("--inject-slowdown", text.substr(0, colon), share_text());
  if (colon != std::string::npos) request.slower_in = text.substr(colon + 1);
}

/// Makes two cell programs the sides. Throws `error` (invalid).
void apply_cell_programs(const check_flags& flags, check_request& request) {
  std::vector<program_model> programs;
  for (const std::string& text : flags.cells.programs)
    programs.push_back(naming_flag("--cell", text, parse_program_model));
  if (programs.size() != 2 || programs[0].name != programs[1].name || !flags.sides.empty())
    throw error(error_kind::invalid,
                "check: give --cell twice with one name, for OLD and NEW, and no other sides");
  add_program_model(programs[1]);
  selection cells = flags.cells;
  cells.programs = {flags.cells.programs[1]};
  cells.models = {programs[1].name};
  request.selection = cells.flags("check");
  for (const program_model& program : programs) {
    request.sides.push_back(fmt::format("{}", fmt::join(program.command, " ")));
    request.cell_commands.push_back(program.command);
  }
}

/// Validates the flags. Throws `error`: invalid, or unreadable for the thresholds.
check_request request_of(const check_flags& flags) {
  if (flags.sides.empty() && flags.cells.programs.empty())
    throw error(error_kind::invalid,
                "check: expected OLD NEW, for example crossover check old.json new.json");
  if (flags.sides.size() > 2)
    throw error(error_kind::invalid,
                fmt::format("check: unexpected argument '{}' (expected OLD NEW)", flags.sides[2]));
  check_request request;
  request.sides = flags.sides;
  request.selection = flags.cells.flags("check");
  request.layout = flags.layout;
  if (!flags.launcher.empty()) request.launcher = split_words(flags.launcher);
  request.history = flags.history;
  request.commit = flags.commit;
  request.grace_s = flags.grace_s;
  apply_benchmark_flags(flags.benchmark_flags, request);
  if (flags.cells.programs.empty())
    flags.cells.add_models();
  else
    apply_cell_programs(flags, request);
  if (!flags.slowdown.empty()) apply_slowdown(flags.slowdown, request);

  gate_options& gate = request.gate;
  gate.rates = flags.rates;
  gate.budget_s = flags.budget_s;
  gate.regimes = flags.regimes;
  gate.metric = flags.metric;
  gate.flips.seed = flags.seed ? *flags.seed : std::random_device()();
  judged_metric(gate.metric);
  if (!(gate.rates.tolerate < gate.rates.detect))
    throw error(error_kind::invalid,
                fmt::format("--tolerate {:g}% must be below --detect {:g}%",
                            100 * flags.rates.tolerate, 100 * flags.rates.detect));
  if (!flags.commit.empty() && flags.history.empty())
    throw error(error_kind::invalid, "--commit requires --history DIR");

  file_options& files = request.files;
  files.rates = gate.rates;
  files.metric = gate.metric;
  files.allow_different_environment = flags.allow_different_environment;
  if (!flags.thresholds.empty()) files.per_cell = read_thresholds(flags.thresholds);
  return request;
}

/// Returns the outputs that the flags name, text by default. Throws `error`: invalid, or
/// unwritable.
std::vector<output> outputs_of(const check_flags& flags) {
  std::vector<output> outputs;
  for (const std::string& text : flags.formats) outputs.push_back(output_of(text));
  if (outputs.empty()) outputs.push_back(output_of("text"));
  if (!flags.out.empty()) outputs.push_back({find_format("json"), flags.out});
  for (const output& file : outputs) check_writable(file.path);
  return outputs;
}

struct check_job {
  check_request request;
  std::vector<output> outputs;
};

/// Parses the command line. Returns nullopt if help was printed instead.
std::optional<check_job> parse_check(const string_list& arguments) {
  CLI::App app(
      "usage: crossover check [FLAGS] OLD NEW | NEW --history DIR\n"
      "Is NEW slower than OLD? Exit code: 0 pass, 1 regression, 2 inconclusive.\n"
      "A side: a results file, a program, or links of it (a,b,c or a directory).\n"
      "Cells: --benchmark_filter=REGEX, or the flags of `crossover list --help`.\n"
      "Formats: " +
          fmt::format("{}", fmt::join(names_of_formats(), ", ")) +
          ".\nExample:  crossover check old/crossover new/crossover --format junit:check.xml",
      "check");
  check_flags flags;
  flags.add_to(app);
  if (!parse(app, arguments, &flags.benchmark_flags)) return std::nullopt;
  return check_job{request_of(flags), outputs_of(flags)};
}

/// Writes every output, and the headline to standard output if none of them goes there.
void write_outputs(const std::vector<output>& outputs, const check_result& result) {
  bool printed = false;
  for (const output& file : outputs) {
    write_atomically(file.path, file.format->render(result));
    printed = printed || file.path == standard_stream;
  }
  if (!printed) std::fputs((headline(result) + "\n").c_str(), stdout);
}

}  // namespace

flag_table check_flag_table() { return table_of_flags<check_flags>(); }

int check_command(const string_list& arguments) {
  const std::optional<check_job> job = parse_check(arguments);
  if (!job) return exit_code::ok;
  catch_interrupts();
  const check_result result = compare_sides(job->request);
  write_outputs(job->outputs, result);
  return exit_code_of(result);
}

}  // namespace crossover
