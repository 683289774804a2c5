#include "tools/check/compare_sides.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "bench/cell/child_process.hpp"
#include "bench/measure/runner.hpp"
#include "reports/check/history.hpp"
#include "tools/check/crossover_pair.hpp"
#include "tools/check/foreign_pair.hpp"
#include "tools/check/run_gate.hpp"
#include "tools/progress.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

enum class operand { results_file, crossover_program, other_program };

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
      throw error(error_kind::unreadable,
                  fmt::format("{}: no such file; give two results files or two programs", path));
    throw error(error_kind::unreadable,
                fmt::format("{}: not a file; give two results files or two programs", path));
  }
  if (::access(path.c_str(), X_OK) != 0 || begins_like_json(path)) return operand::results_file;
  try {
    const std::string said =
        child_process({fs::absolute(path).string(), "--version", "--benchmark_list_tests=true"})
            .read_to_end(child_process::duration(20));
    if (said.starts_with("crossover ")) return operand::crossover_program;
  } catch (const interrupted&) {
    throw;
  } catch (const error&) {
    // Google Benchmark's main rejects --version; `foreign_pair` checks its list of benchmarks.
  }
  return operand::other_program;
}

results filtered(results all, const name_filter& filter) {
  std::erase_if(all.cells, [&](const cell_result& cell) { return !filter.keeps(cell.name); });
  return all;
}

check_result check_files(check_request& asked) {
  const name_filter filter(asked.filter);
  if (!asked.selection.empty())
    throw error(
        error_kind::invalid,
        fmt::format("{} chooses cells of programs; of files, choose with --benchmark_filter",
                    asked.selection.front()));
  asked.files.new_name = asked.sides.back();
  const results now = filtered(read_results(asked.sides.back()), filter);
  if (asked.history.empty()) {
    asked.files.old_name = asked.sides.front();
    return compare_files(filtered(read_results(asked.sides.front()), filter), now, asked.files);
  }
  if (asked.sides.size() == 2)
    throw error(error_kind::invalid,
                "--history takes the place of OLD: give the new results alone");
  history_options options;
  options.files = asked.files;
  const std::vector<history_entry> before = read_history(asked.history, machine_fingerprint(now));
  if (!asked.commit.empty())
    add_to_history(asked.history, asked.commit, read_results(asked.sides.back()),
                   content_of(asked.sides.back()));
  if (before.empty() && !asked.commit.empty()) {
    check_result found;
    found.old_name = asked.history;
    found.new_name = asked.files.new_name;
    found.notes.push_back(
        "this is the history's first run of this machine: there was nothing to compare it with, "
        "and it is kept");
    return found;
  }
  return compare_with_history(before, now, options);
}

/// Moves the lists that were known before measuring into the result.
void add_unmatched(check_result& found, check_result before) {
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(found.removed, before.removed);
  append(found.added, before.added);
  append(found.newly_failing, before.newly_failing);
  append(found.failing, before.failing);
  append(found.skipped, before.skipped);
  append(found.notes, before.notes);
  append(found.environment, before.environment);
}

check_result check_programs(const check_request& asked, operand kind) {
  const std::string old_program = std::filesystem::absolute(asked.sides[0]).string(),
                    new_program = std::filesystem::absolute(asked.sides[1]).string();
  check_result before;
  before.old_name = asked.sides[0];
  before.new_name = asked.sides[1];
  std::unique_ptr<block_source> source;
  if (kind == operand::crossover_program) {
    if (!asked.min_time.empty())
      throw error(error_kind::invalid,
                  "--benchmark_min_time is for Google Benchmark programs; cells of crossover have "
                  "slices of their own");
    crossover_pair_options options;
    options.selection = asked.selection.empty() ? string_list{"--suite", "check"} : asked.selection;
    options.filter = asked.filter;
    options.metric = asked.gate.metric;
    options.seed = asked.gate.flips.seed;
    options.grace_s = asked.grace_s.value_or(20);
    options.slower = asked.slower;
    options.slower_in = asked.slower_in;
    source = std::make_unique<crossover_pair>(old_program, new_program, options, before);
  } else {
    if (!asked.selection.empty())
      throw error(
          error_kind::invalid,
          fmt::format(
              "{} chooses cells of crossover; of other programs, choose with --benchmark_filter",
              asked.selection.front()));
    source = std::make_unique<foreign_pair>(
        old_program, new_program,
        foreign_pair_options{asked.filter, asked.min_time, asked.gate.metric, asked.gate.flips.seed,
                             asked.grace_s.value_or(120)},
        before);
  }
  const std::vector<std::string> names = source->cells();
  if (names.empty()) {
    if (before.removed.empty() && before.added.empty()) {
      const std::string why = before.skipped.empty() ? "" : ": " + before.skipped.front().reason;
      throw error(error_kind::invalid,
                  fmt::format("no cell to compare{}; widen the selection", why));
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
  check_result found = run_gate(*source, asked.gate, asked.files.per_cell, watch);
  line.clear();
  found.old_name = before.old_name;
  found.new_name = before.new_name;
  if (kind == operand::other_program)
    found.plan.order = "one process of each a block, in random order";
  add_unmatched(found, std::move(before));
  found.environment_allowed = asked.files.allow_different_environment;
  return found;
}

check_result compare(check_request& asked) {
  if (asked.sides.size() == 1) {
    if (asked.history.empty())
      throw error(error_kind::invalid, "give OLD and NEW, or NEW and --history DIR");
    if (kind_of(asked.sides[0]) != operand::results_file)
      throw error(
          error_kind::invalid,
          fmt::format("{}: a history holds results; measure with `crossover run` and give its file",
                      asked.sides[0]));
    return check_files(asked);
  }
  const operand of_old = kind_of(asked.sides[0]), of_new = kind_of(asked.sides[1]);
  if ((of_old == operand::results_file) != (of_new == operand::results_file))
    throw error(error_kind::invalid,
                fmt::format("{} is a program and {} is not: give two programs or two results files",
                            asked.sides[of_old == operand::results_file ? 1 : 0],
                            asked.sides[of_old == operand::results_file ? 0 : 1]));
  if (of_old == operand::results_file) return check_files(asked);
  if (!asked.history.empty())
    throw error(error_kind::invalid,
                "--history goes with one results file: a history holds results");
  if (of_old != of_new)
    throw error(error_kind::unreadable,
                fmt::format("{}: not a crossover, while the other is: give two of a kind",
                            asked.sides[of_old == operand::crossover_program ? 1 : 0]));
  return check_programs(asked, of_old);
}

}  // namespace

check_result compare_sides(check_request& asked) {
  try {
    return compare(asked);
  } catch (const interrupted&) {
    throw;
  } catch (const error& trouble) {
    if (trouble.kind() == error_kind::invalid || trouble.kind() == error_kind::unwritable) throw;
    throw error(error_kind::unreadable, trouble.what());
  }
}

}  // namespace crossover
