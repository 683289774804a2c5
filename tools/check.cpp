// `check`: which comparison is asked for, what it is told, and where its outputs go.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>

#include "bench/cell/child_process.hpp"
#include "bench/interrupt.hpp"
#include "bench/runner.hpp"
#include "reports/check/formats/formats.hpp"
#include "reports/check/history.hpp"
#include "reports/check/judged_metric.hpp"
#include "tools/check/crossover_pair.hpp"
#include "tools/check/foreign_pair.hpp"
#include "tools/check/run_gate.hpp"
#include "tools/command_line.hpp"
#include "tools/progress.hpp"

namespace crossover {
namespace {

/// All that the command line says, validated.
struct check_request {
  words sides;
  gate_options gate;
  file_options files;
  std::string filter, min_time;
  std::optional<double> deadline_s;
  words selection;  ///< flags of `list`; empty: the suite `check`
  double slower = 0;
  std::string slower_in;
  std::string history, commit;
};

enum class operand { results_file, crossover_program, other_program };

struct output {
  const output_format* format;
  std::string path;  ///< "": standard output
};

double share_of(const char* flag, const std::string& text) {
  const std::optional<double> share = share_from_text(text);
  if (!share) throw error(error_kind::invalid, fmt::format("{} {}: not a share; write 5% or 0.05", flag, text));
  return *share;
}

/// "5min", "90s", "1h".
double seconds_of(const char* flag, const std::string& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  const double scale = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : unit == "ms" ? 0.001 : 0;
  if (failure != std::errc{} || !(scale > 0) || !(value > 0) || value > 1e6)
    throw error(error_kind::invalid, fmt::format("{} {}: not a time; write 5min, 90s or 1h", flag, text));
  return value * scale;
}

output output_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const output_format* format = find_format(name);
  if (format == nullptr) {
    std::string names;
    for (const output_format& f : all_formats()) names += (names.empty() ? "" : ", ") + std::string(f.name);
    throw error(error_kind::invalid, fmt::format("--format {}: unknown; one of {}", name, names));
  }
  if (colon != std::string::npos && colon + 1 == text.size())
    throw error(error_kind::invalid, fmt::format("--format {}: no path behind the colon", text));
  return {format, colon == std::string::npos ? "" : text.substr(colon + 1)};
}

std::string help_of_formats() {
  std::string names;
  for (const output_format& f : all_formats()) names += (names.empty() ? "" : ", ") + std::string(f.name);
  return "NAME[:PATH], repeatable (default text): " + names;
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool begins_like_json(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char first = 0;
  return (in >> first) && (first == '{' || first == '[');
}

operand kind_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) {
    if (!fs::exists(path, ignored))
      throw error(error_kind::unreadable, fmt::format("{}: no such file; give two results files or two programs", path));
    throw error(error_kind::unreadable, fmt::format("{}: not a file; give two results files or two programs", path));
  }
  if (::access(path.c_str(), X_OK) != 0 || begins_like_json(path)) return operand::results_file;
  try {
    const std::string said =
        child_process({fs::absolute(path).string(), "--version", "--benchmark_list_tests=true"}).read_to_end(child_process::duration(20));
    if (said.starts_with("crossover ")) return operand::crossover_program;
  } catch (const interrupted&) {
    throw;
  } catch (const error&) {  // Google Benchmark's main refuses --version; what it is, its list will show
  }
  return operand::other_program;
}

results filtered(results all, const name_filter& filter) {
  std::erase_if(all.cells, [&](const cell_result& cell) { return !filter.keeps(cell.name); });
  return all;
}

comparison check_files(check_request& asked) {
  const name_filter filter(asked.filter);
  if (!asked.selection.empty())
    throw error(error_kind::invalid, fmt::format("{} chooses cells of programs; of files, choose with --benchmark_filter", asked.selection.front()));
  asked.files.new_name = asked.sides.back();
  const results now = filtered(read_results(asked.sides.back()), filter);
  if (asked.history.empty()) {
    asked.files.old_name = asked.sides.front();
    return compare_files(filtered(read_results(asked.sides.front()), filter), now, asked.files);
  }
  if (asked.sides.size() == 2) throw error(error_kind::invalid, "--history takes the place of OLD: give the new results alone");
  history_options options;
  options.files = asked.files;
  const std::vector<history_entry> before = read_history(asked.history, machine_fingerprint(now));
  if (!asked.commit.empty()) add_to_history(asked.history, asked.commit, read_results(asked.sides.back()), content_of(asked.sides.back()));
  if (before.empty() && !asked.commit.empty()) {
    comparison found;
    found.old_name = asked.history;
    found.new_name = asked.files.new_name;
    found.notes.push_back("this is the history's first run of this machine: there was nothing to compare it with, and it is kept");
    return found;
  }
  return compare_with_history(before, now, options);
}

/// Enters what was found before anything was measured into what was measured.
void add_unmatched(comparison& found, comparison before) {
  const auto append = [](auto& to, auto& from) { to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end())); };
  append(found.vanished, before.vanished);
  append(found.added, before.added);
  append(found.newly_failing, before.newly_failing);
  append(found.failing, before.failing);
  append(found.skipped, before.skipped);
  append(found.notes, before.notes);
  append(found.environment, before.environment);
}

comparison check_programs(const check_request& asked, operand kind) {
  const std::string old_program = std::filesystem::absolute(asked.sides[0]).string(),
                    new_program = std::filesystem::absolute(asked.sides[1]).string();
  comparison before;
  before.old_name = asked.sides[0];
  before.new_name = asked.sides[1];
  std::unique_ptr<block_source> source;
  if (kind == operand::crossover_program) {
    if (!asked.min_time.empty())
      throw error(error_kind::invalid, "--benchmark_min_time is for Google Benchmark programs; cells of crossover have slices of their own");
    crossover_pair_options options;
    options.selection = asked.selection.empty() ? words{"--suite", "check"} : asked.selection;
    options.filter = asked.filter;
    options.metric = asked.gate.metric;
    options.seed = asked.gate.flips.seed;
    options.deadline_s = asked.deadline_s.value_or(20);
    options.slower = asked.slower;
    options.slower_in = asked.slower_in;
    source = std::make_unique<crossover_pair>(old_program, new_program, options, before);
  } else {
    if (!asked.selection.empty())
      throw error(error_kind::invalid,
                  fmt::format("{} chooses cells of crossover; of other programs, choose with --benchmark_filter", asked.selection.front()));
    source = std::make_unique<foreign_pair>(
        old_program, new_program,
        foreign_pair_options{asked.filter, asked.min_time, asked.gate.metric, asked.gate.flips.seed, asked.deadline_s.value_or(120)}, before);
  }
  const std::vector<std::string> names = source->cells();
  if (names.empty()) {
    if (before.vanished.empty() && before.added.empty()) {
      const std::string why = before.skipped.empty() ? "" : ": " + before.skipped.front().reason;
      throw error(error_kind::invalid, fmt::format("no cell to compare{}; widen the selection", why));
    }
    require_common_cells(before);
  }
  for (const std::string& pattern : idle_patterns(asked.files.per_cell, names))
    before.notes.push_back(fmt::format("--thresholds: '{}' matches no cell", pattern));

  progress_line line;
  gate_watch watch;
  watch.planned = [&line](const std::string& words_of_plan) {
    line.clear();
    fmt::print(stderr, "{}\n", words_of_plan);
  };
  watch.progress = [&line](const run_progress& now) { line.show(now); };
  comparison found = run_gate(*source, asked.gate, asked.files.per_cell, watch);
  line.clear();
  found.old_name = before.old_name;
  found.new_name = before.new_name;
  if (kind == operand::other_program) found.plan.order = "one process of each a block, in random order";
  add_unmatched(found, std::move(before));
  found.environment_allowed = asked.files.allow_different_environment;
  return found;
}

comparison compare(check_request& asked) {
  if (asked.sides.size() == 1) {
    if (asked.history.empty()) throw error(error_kind::invalid, "give OLD and NEW, or NEW and --history DIR");
    if (kind_of(asked.sides[0]) != operand::results_file)
      throw error(error_kind::invalid, fmt::format("{}: a history holds results; measure with `crossover run` and give its file", asked.sides[0]));
    return check_files(asked);
  }
  const operand of_old = kind_of(asked.sides[0]), of_new = kind_of(asked.sides[1]);
  if ((of_old == operand::results_file) != (of_new == operand::results_file))
    throw error(error_kind::invalid,
                fmt::format("{} is a program and {} is not: give two programs or two results files",
                            asked.sides[of_old == operand::results_file ? 1 : 0], asked.sides[of_old == operand::results_file ? 0 : 1]));
  if (of_old == operand::results_file) return check_files(asked);
  if (!asked.history.empty()) throw error(error_kind::invalid, "--history goes with one results file: a history holds results");
  if (of_old != of_new)
    throw error(error_kind::unreadable, fmt::format("{}: not a crossover, while the other is: give two of a kind",
                                                    asked.sides[of_old == operand::crossover_program ? 1 : 0]));
  return check_programs(asked, of_old);
}

/// As `compare`; trouble that is nobody's cell's is that of the operands, never a regression.
comparison compare_or_say_why_not(check_request& asked) {
  try {
    return compare(asked);
  } catch (const interrupted&) {
    throw;
  } catch (const error& trouble) {
    if (trouble.kind() == error_kind::invalid || trouble.kind() == error_kind::unwritable) throw;
    throw error(error_kind::unreadable, trouble.what());
  }
}

/// Google Benchmark's flags, of which check understands two.
void take_benchmark_flags(const words& flags, check_request& asked) {
  for (const std::string& flag : flags) {
    const std::size_t equals = flag.find('=');
    const std::string name = flag.substr(0, equals), value = equals == std::string::npos ? "" : flag.substr(equals + 1);
    if (name == "--benchmark_filter")
      asked.filter = value;
    else if (name == "--benchmark_min_time")
      asked.min_time = value;
    else
      throw error(error_kind::invalid, fmt::format("check has no flag '{}': it understands --benchmark_filter and --benchmark_min_time", name));
  }
}

/// 'slower=5' or 'slower=5:REGEX': percent, and of which cells.
void take_injection(const std::string& text, check_request& asked) {
  constexpr std::string_view key = "slower=";
  const std::size_t colon = text.find(':');
  const std::string value = text.starts_with(key) ? text.substr(key.size(), colon == std::string::npos ? colon : colon - key.size()) : "";
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), asked.slower);
  if (failure != std::errc{} || end != value.data() + value.size() || !(asked.slower >= 0 && asked.slower <= 1000))
    throw error(error_kind::invalid, fmt::format("--inject-new {}: write slower=PERCENT or slower=PERCENT:REGEX", text));
  if (colon != std::string::npos) asked.slower_in = text.substr(colon + 1);
}

}  // namespace

int check_command(const words& arguments) {
  CLI::App app(
      "Is NEW slower than OLD? Two programs (builds of crossover, or any Google Benchmark executables) are measured in turns;\n"
      "two results files are compared as they are. Exit code: 0 pass, 1 regression, 2 inconclusive. See docs/check.md.\n"
      "Example:  crossover check old/crossover new/crossover --detect 5% --format text --format junit:check.xml",
      "check");
  check_request asked;
  selection chosen;
  std::string detect = "5%", tolerate = "1%", false_alarms = "1%", power = "95%", budget = "5min", thresholds_file, out, injection;
  std::optional<std::uint64_t> seed;
  words formats;
  app.add_option("SIDES", asked.sides, "OLD NEW: two programs or two results files (with --history: NEW)")->required()->expected(1, -1);
  app.add_option("--detect", detect, "the slowdown that must not slip through (default 5%)");
  app.add_option("--tolerate", tolerate, "changes up to this are nobody's business (default 1%)");
  app.add_option("--false-alarms", false_alarms, "how often equal builds may be called a regression, a suite (default 1%)");
  app.add_option("--power", power, "how surely a slowdown of --detect is found (default 95%)");
  app.add_option("--budget", budget, "wall time that may be spent (default 5min)");
  app.add_option("--metric", asked.gate.metric, "what is judged: time, cpu, p99, memory, … (default time)");
  app.add_option("--thresholds", thresholds_file, "FILE: other thresholds for some cells, as JSON");
  app.add_option("--format", formats, help_of_formats())->take_all()->allow_extra_args(false);
  app.add_option("--out", out, "FILE: the comparison as JSON");
  app.add_option("--seed", seed, "of everything random here");
  app.add_option("--deadline", asked.deadline_s, "seconds by which a cell may be late before it is killed (default 20)")->check(CLI::PositiveNumber);
  app.add_flag("--allow-different-environment", asked.files.allow_different_environment, "judge in spite of differing machines or builds");
  app.add_option("--history", asked.history, "DIR: compare with the recent runs of this machine that it holds");
  app.add_option("--commit", asked.commit, "ID: and keep NEW there under this name");
  app.add_option("--inject-new", injection)->group("");
  chosen.add_to(app);
  words benchmark_flags;
  if (!parse(app, arguments, &benchmark_flags)) return exit_code::ok;

  if (asked.sides.size() > 2)
    throw error(error_kind::invalid,
                fmt::format("check: '{}' is one word too many; give OLD and NEW, and each selection with its flag", asked.sides[2]));
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
    throw error(error_kind::invalid, fmt::format("--tolerate {} must be below --detect {}", tolerate, detect));
  if (!asked.commit.empty() && asked.history.empty()) throw error(error_kind::invalid, "--commit names a run of a history: give --history DIR too");
  if (!thresholds_file.empty()) asked.files.per_cell = read_thresholds(thresholds_file);
  std::vector<output> outputs;
  if (formats.empty()) formats = {"text"};
  for (const std::string& text : formats) outputs.push_back(output_of(text));
  if (!out.empty()) outputs.push_back({find_format("json"), out});
  for (const output& one : outputs)
    if (!one.path.empty()) check_writable(one.path);

  catch_interrupts();
  const comparison found = compare_or_say_why_not(asked);
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
