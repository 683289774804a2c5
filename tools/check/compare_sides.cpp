#include "tools/check/compare_sides.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench/cell/child_process.hpp"
#include "bench/measure/name_filter.hpp"
#include "bench/measure/progress.hpp"
#include "reports/check/history.hpp"
#include "reports/check/layout.hpp"
#include "reports/check/run_gate.hpp"
#include "reports/machine_types.hpp"
#include "reports/units.hpp"
#include "tools/check/links.hpp"
#include "tools/check/pair_benchmarks.hpp"
#include "tools/check/pair_builds.hpp"
#include "tools/progress.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

enum class operand { results_file, crossover_program, other_program };

bool begins_like_json(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char first = 0;
  return (in >> first) && (first == '{' || first == '[');
}

operand kind_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (path == standard_stream) return operand::results_file;
  if (!fs::is_regular_file(path, ignored)) {
    if (!fs::exists(path, ignored))
      throw error(
          error_kind::unreadable,
          fmt::format("{}: no such file; expected two results files or two programs", path));
    throw error(error_kind::unreadable,
                fmt::format("{}: not a file; expected two results files or two programs", path));
  }
  if (::access(path.c_str(), X_OK) != 0 || begins_like_json(path)) return operand::results_file;
  try {
    const std::string version =
        child_process({fs::absolute(path).string(), "--version", "--benchmark_list_tests=true"})
            .read_to_end(child_process::duration(20));
    if (version.starts_with("crossover ")) return operand::crossover_program;
  } catch (const interrupted&) {
    throw;
  } catch (const error&) {
    // Google Benchmark's main rejects --version; `pair_benchmarks` checks its list of benchmarks.
  }
  return operand::other_program;
}

results filtered(results&& all, const name_filter& filter) {
  std::erase_if(all.cells, [&](const cell_result& cell) { return !filter.keeps(cell.name); });
  return std::move(all);
}

check_result check_files(const check_request& request) {
  const name_filter filter(request.filter);
  if (!request.selection.empty())
    throw error(error_kind::invalid,
                fmt::format("{} selects cells of programs; for files use --benchmark_filter",
                            request.selection.front()));
  const std::string& new_file = request.sides.back();
  if (!request.launcher.empty())
    throw error(error_kind::invalid, "--launcher starts programs; leave it out for files");
  file_options options = request.files;
  options.candidate_name = shown_name(new_file, "standard input");
  if (request.history.empty()) {
    options.baseline_name = shown_name(request.sides.front(), "standard input");
    results new_results = filtered(read_results(new_file), filter);
    results old_results = filtered(read_results(request.sides.front()), filter);
    split_alike(old_results, new_results);
    return compare_files(old_results, new_results, options);
  }
  const std::string document = read_file(new_file);
  results all_of_new = parse_results(document, new_file);
  if (request.sides.size() == 2)
    throw error(error_kind::invalid, "--history replaces OLD: give only NEW");
  if (!all_of_new.hosts.empty())
    throw error(error_kind::invalid,
                fmt::format("{}: --history: not supported for the results of a fleet; compare it "
                            "with those of another run",
                            options.candidate_name));
  std::vector<history_entry> before =
      read_history(request.history, machine_fingerprint(all_of_new));
  if (!request.commit.empty())
    add_to_history(request.history, request.commit, all_of_new, document);
  if (before.empty() && !request.commit.empty()) {
    check_result result;
    result.baseline_name = request.history;
    result.candidate_name = new_file;
    result.notes.push_back(
        "stored as the first run of this machine in the history: nothing to "
        "compare with yet");
    return result;
  }
  history_options history;
  history.files = options;
  return compare_with_history(std::move(before), filtered(std::move(all_of_new), filter), history);
}

/// Moves the lists that were known before measuring into the result.
void add_unmatched(check_result& result, check_result before) {
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(result.removed, before.removed);
  append(result.added, before.added);
  append(result.newly_failing, before.newly_failing);
  append(result.failing, before.failing);
  append(result.skipped, before.skipped);
  append(result.notes, before.notes);
  append(result.environment, before.environment);
}

/// Pairs the cells of two programs; those that only one has go to `unmatched`.
paired_cells pair_programs(const check_request& request, operand kind, const side_links& links,
                           check_result& unmatched) {
  side_links programs = {{{executable_path()}, {executable_path()}}};
  if (request.cell_commands.empty()) programs = pair_links(links, request.gate.flips.seed);
  for (std::vector<std::string>& side : programs)
    for (std::string& program : side) program = std::filesystem::absolute(program).string();
  if (kind == operand::crossover_program) {
    if (!request.min_time.empty())
      throw error(error_kind::invalid,
                  "--benchmark_min_time applies only to Google Benchmark programs");
    build_pair_options options;
    if (!request.cell_commands.empty()) {
      options.old_cell = request.cell_commands[0];
      options.new_cell = request.cell_commands[1];
    }
    options.selection =
        request.selection.empty() ? string_list{"--suite", "check"} : request.selection;
    options.launcher = request.launcher;
    options.filter = request.filter;
    options.metric = request.gate.metric;
    options.seed = request.gate.flips.seed;
    if (request.grace_s) options.grace_s = *request.grace_s;
    options.slower = request.slower;
    options.slower_in = request.slower_in;
    return pair_builds(programs, options, unmatched);
  }
  if (!request.selection.empty())
    throw error(error_kind::invalid,
                fmt::format("{} selects cells of crossover; for other programs use "
                            "--benchmark_filter",
                            request.selection.front()));
  if (!request.launcher.empty())
    throw error(
        error_kind::invalid,
        "--launcher: not supported for Google Benchmark programs, which are frozen in turn; "
        "put it before `crossover check`");
  benchmark_pair_options options;
  options.filter = request.filter;
  options.min_time = request.min_time;
  options.metric = request.gate.metric;
  options.seed = request.gate.flips.seed;
  if (request.grace_s) options.timeout_s = *request.grace_s;
  return pair_benchmarks(programs, options, unmatched);
}

/// Throws `error` if no cell can be compared.
void require_cells(const std::vector<std::string>& names, const check_result& unmatched) {
  if (!names.empty()) return;
  if (unmatched.removed.empty() && unmatched.added.empty()) {
    const std::string reason =
        unmatched.skipped.empty() ? "" : ": " + unmatched.skipped.front().reason;
    throw error(error_kind::invalid,
                fmt::format("no cell to compare{}; widen the selection", reason));
  }
  require_common_cells(unmatched);
}

/// Returns the thresholds of the cells, with what `--layout` tolerates. Notes how much layout may
/// matter.
thresholds thresholds_for(const check_request& request, const std::vector<std::string>& cells,
                          const side_links& links, std::vector<std::string>& notes) {
  const thresholds& rules = request.files.per_cell;
  for (const std::string& pattern : unused_patterns(rules, cells))
    notes.push_back(fmt::format("--thresholds: '{}' matches no cell", pattern));
  if (!request.cell_commands.empty()) return rules;
  notes.push_back(layout_note({links[0].size(), links[1].size()}, !request.layout.empty()));
  if (request.layout.empty()) return rules;
  if (links[0].size() > 1 && links[1].size() > 1)
    throw error(error_kind::invalid,
                "--layout: both sides have several links, which average layout already; leave it "
                "out");
  const layout measured = read_layout(request.layout);
  const auto unknown = std::count_if(cells.begin(), cells.end(), [&](const std::string& cell) {
    return !measured.scatter.contains(cell);
  });
  if (unknown > 0)
    notes.push_back(fmt::format("--layout: {} of {} is not in {}", unknown,
                                counted(cells.size(), "cell"), request.layout));
  return tolerating_layout(measured, rules, cells, request.gate.rates);
}

check_result check_programs(const check_request& request, operand kind, const side_links& links) {
  check_result before;
  before.baseline_name = side_text(request.sides[0], links[0].size());
  before.candidate_name = side_text(request.sides[1], links[1].size());
  if (!request.launcher.empty())
    before.notes.push_back(
        fmt::format("--launcher: '{}' started the cells", fmt::join(request.launcher, " ")));
  const paired_cells cells = pair_programs(request, kind, links, before);
  require_cells(cells.names, before);
  const thresholds per_cell = thresholds_for(request, cells.names, links, before.notes);

  progress_line line;
  gate_observer observer;
  observer.planned = [&line](const std::string& plan) {
    line.clear();
    std::fputs((plan + "\n").c_str(), stderr);
  };
  observer.progress = [&line](const gate_progress& now) {
    line.show({now.done, now.total, now.left_s, now.cell});
  };
  check_result result = run_gate(cells, request.gate, per_cell, observer);
  line.clear();
  result.baseline_name = before.baseline_name;
  result.candidate_name = before.candidate_name;
  result.plan.links = {links[0].size(), links[1].size()};
  if (kind == operand::other_program)
    result.plan.order = "the two programs are frozen and thawed in turn, ABBA or BAAB at random";
  add_unmatched(result, std::move(before));
  result.environment_allowed = request.files.allow_different_environment;
  return result;
}

check_result compare(const check_request& request) {
  if (!request.cell_commands.empty())
    return check_programs(request, operand::crossover_program, {{{""}, {""}}});
  if (request.sides.size() == 1) {
    if (request.history.empty())
      throw error(error_kind::invalid, "check: expected OLD NEW, or NEW with --history DIR");
    if (kind_of(request.sides[0]) != operand::results_file)
      throw error(
          error_kind::invalid,
          fmt::format("{}: --history requires a results file; measure with `crossover run` first",
                      request.sides[0]));
    return check_files(request);
  }
  const side_links links = {links_of_side(request.sides[0]), links_of_side(request.sides[1])};
  const operand old_kind = kind_of(links[0].front()), new_kind = kind_of(links[1].front());
  if ((old_kind == operand::results_file) != (new_kind == operand::results_file))
    throw error(error_kind::invalid,
                fmt::format("{} is a program and {} is not: expected two programs or two results "
                            "files",
                            request.sides[old_kind == operand::results_file ? 1 : 0],
                            request.sides[old_kind == operand::results_file ? 0 : 1]));
  if (old_kind == operand::results_file) return check_files(request);
  if (!request.history.empty())
    throw error(error_kind::invalid, "--history requires a results file, not programs");
  if (old_kind != new_kind)
    throw error(error_kind::unreadable,
                fmt::format("{} is not a crossover build but the other program is: compare two of "
                            "the same kind",
                            request.sides[old_kind == operand::crossover_program ? 1 : 0]));
  return check_programs(request, old_kind, links);
}

}  // namespace

check_result compare_sides(const check_request& request) {
  try {
    return compare(request);
  } catch (const interrupted&) {
    throw;
  } catch (const error& e) {
    if (e.kind() == error_kind::invalid || e.kind() == error_kind::unwritable) throw;
    throw error(error_kind::unreadable, e.what());
  }
}

}  // namespace crossover
