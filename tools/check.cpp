// `check`: command-line options and output files.
#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>
#include <random>

#include "reports/check/formats/formats.hpp"
#include "reports/check/judged_metric.hpp"
#include "tools/check/compare_sides.hpp"
#include "tools/command_line.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

struct output {
  const output_format* format;
  std::string path;  ///< "": standard output
};

double share_of(const char* flag, const std::string& text) {
  const std::optional<double> share = share_from_text(text);
  if (!share)
    throw error(error_kind::invalid,
                fmt::format("{} {}: not a share; write 5% or 0.05", flag, text));
  return *share;
}

/// Parses "5min", "90s" or "1h" to seconds.
double seconds_of(const char* flag, const std::string& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  const double scale = unit == "s"     ? 1
                       : unit == "min" ? 60
                       : unit == "h"   ? 3600
                       : unit == "ms"  ? 0.001
                                       : 0;
  if (failure != std::errc{} || !(scale > 0) || !(value > 0) || value > 1e6)
    throw error(error_kind::invalid,
                fmt::format("{} {}: not a time; write 5min, 90s or 1h", flag, text));
  return value * scale;
}

output output_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const output_format* format = find_format(name);
  if (format == nullptr) {
    std::string names;
    for (const output_format& f : all_formats())
      names += (names.empty() ? "" : ", ") + std::string(f.name);
    throw error(error_kind::invalid, fmt::format("--format {}: unknown; one of {}", name, names));
  }
  if (colon != std::string::npos && colon + 1 == text.size())
    throw error(error_kind::invalid, fmt::format("--format {}: no path behind the colon", text));
  return {format, colon == std::string::npos ? "" : text.substr(colon + 1)};
}

std::string help_of_formats() {
  std::string names;
  for (const output_format& f : all_formats())
    names += (names.empty() ? "" : ", ") + std::string(f.name);
  return "NAME[:PATH], repeatable (default text): " + names;
}

/// Applies the two flags of Google Benchmark that check supports.
void take_benchmark_flags(const string_list& flags, check_request& asked) {
  for (const std::string& flag : flags) {
    const std::size_t equals = flag.find('=');
    const std::string name = flag.substr(0, equals),
                      value = equals == std::string::npos ? "" : flag.substr(equals + 1);
    if (name == "--benchmark_filter")
      asked.filter = value;
    else if (name == "--benchmark_min_time")
      asked.min_time = value;
    else
      throw error(
          error_kind::invalid,
          fmt::format(
              "check has no flag '{}': it understands --benchmark_filter and --benchmark_min_time",
              name));
  }
}

/// Parses 'slower=5' or 'slower=5:REGEX': percent added, and the cells it applies to.
void take_injection(const std::string& text, check_request& asked) {
  constexpr std::string_view key = "slower=";
  const std::size_t colon = text.find(':');
  const std::string value =
      text.starts_with(key)
          ? text.substr(key.size(), colon == std::string::npos ? colon : colon - key.size())
          : "";
  const auto [end, failure] =
      std::from_chars(value.data(), value.data() + value.size(), asked.slower);
  if (failure != std::errc{} || end != value.data() + value.size() ||
      !(asked.slower >= 0 && asked.slower <= 1000))
    throw error(error_kind::invalid,
                fmt::format("--inject-new {}: write slower=PERCENT or slower=PERCENT:REGEX", text));
  if (colon != std::string::npos) asked.slower_in = text.substr(colon + 1);
}

}  // namespace

int check_command(const string_list& arguments) {
  CLI::App app(
      "Is NEW slower than OLD? Two programs (builds of crossover, or any Google Benchmark "
      "executables) are measured in turns;\n"
      "two results files are compared as they are. Exit code: 0 pass, 1 regression, 2 "
      "inconclusive. See docs/check.md.\n"
      "Example:  crossover check old/crossover new/crossover --detect 5% --format text --format "
      "junit:check.xml",
      "check");
  check_request asked;
  selection chosen;
  std::string detect = "5%", tolerate = "1%", false_alarms = "1%", power = "95%", budget = "5min",
              thresholds_file, out, injection;
  std::optional<std::uint64_t> seed;
  string_list formats;
  app.add_option("SIDES", asked.sides,
                 "OLD NEW: two programs or two results files (with --history: NEW)")
      ->required()
      ->expected(1, -1);
  app.add_option("--detect", detect, "the slowdown that must not slip through (default 5%)");
  app.add_option("--tolerate", tolerate, "changes up to this are nobody's business (default 1%)");
  app.add_option("--false-alarms", false_alarms,
                 "how often equal builds may be called a regression, a suite (default 1%)");
  app.add_option("--power", power, "how surely a slowdown of --detect is found (default 95%)");
  app.add_option("--budget", budget, "wall time that may be spent (default 5min)");
  app.add_option("--metric", asked.gate.metric,
                 "what is judged: time, cpu, p99, memory, … (default time)");
  app.add_option("--thresholds", thresholds_file, "FILE: other thresholds for some cells, as JSON");
  app.add_option("--format", formats, help_of_formats())->take_all()->allow_extra_args(false);
  app.add_option("--out", out, "FILE: the comparison as JSON");
  app.add_option("--seed", seed, "of everything random here");
  app.add_option("--grace", asked.grace_s,
                 "kill a cell that takes this many extra seconds (default 20)")
      ->check(CLI::PositiveNumber);
  app.add_flag("--allow-different-environment", asked.files.allow_different_environment,
               "judge in spite of differing machines or builds");
  app.add_option("--history", asked.history,
                 "DIR: compare with the recent runs of this machine that it holds");
  app.add_option("--commit", asked.commit, "ID: and keep NEW there under this name");
  app.add_option("--inject-new", injection)->group("");
  chosen.add_to(app);
  string_list benchmark_flags;
  if (!parse(app, arguments, &benchmark_flags)) return exit_code::ok;

  if (asked.sides.size() > 2)
    throw error(
        error_kind::invalid,
        fmt::format(
            "check: '{}' is one word too many; give OLD and NEW, and each selection with its flag",
            asked.sides[2]));
  take_benchmark_flags(benchmark_flags, asked);
  if (!injection.empty()) take_injection(injection, asked);
  asked.selection = chosen.flags("check");
  asked.gate.detect = asked.files.detect = share_of("--detect", detect);
  asked.gate.tolerate = asked.files.tolerate = share_of("--tolerate", tolerate);
  asked.gate.false_alarms = asked.files.false_alarms = share_of("--false-alarms", false_alarms);
  asked.gate.power = asked.files.power = share_of("--power", power);
  asked.gate.budget_s = seconds_of("--budget", budget);
  asked.gate.flips.seed = seed ? *seed : std::random_device()();
  asked.files.metric = asked.gate.metric;
  judged_metric(asked.gate.metric);
  if (!(asked.gate.tolerate < asked.gate.detect))
    throw error(error_kind::invalid,
                fmt::format("--tolerate {} must be below --detect {}", tolerate, detect));
  if (!asked.commit.empty() && asked.history.empty())
    throw error(error_kind::invalid, "--commit names a run of a history: give --history DIR too");
  if (!thresholds_file.empty()) asked.files.per_cell = read_thresholds(thresholds_file);
  std::vector<output> outputs;
  if (formats.empty()) formats = {"text"};
  for (const std::string& text : formats) outputs.push_back(output_of(text));
  if (!out.empty()) outputs.push_back({find_format("json"), out});
  for (const output& one : outputs)
    if (!one.path.empty()) check_writable(one.path);

  catch_interrupts();
  const check_result found = compare_sides(asked);
  bool said = false;
  for (const output& one : outputs) {
    const std::string text = one.format->render(found);
    if (!one.path.empty()) {
      write_atomically(one.path, text);
      continue;
    }
    said = true;
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
      throw system_failure(error_kind::unwritable, "standard output", errno);
  }
  if (!said) fmt::print("{}\n", headline(found));
  return exit_code_of(found);
}

}  // namespace crossover
