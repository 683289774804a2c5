#include "tools/check/foreign_pair.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "bench/cell/child_process.hpp"
#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "reports/environment_differences.hpp"
#include "reports/escape.hpp"
#include "reports/statistics/location.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

constexpr int repetitions = 3;  ///< per process
constexpr const char* default_min_time = "0.02";

/// Returns a regular expression that matches only `name`, in both dialects that builds of Google
/// Benchmark use.
std::string exactly(const std::string& name) {
  std::string expression = "^";
  for (const char c : name) {
    if (std::string_view(".[]{}()*+?^$|\\").find(c) != std::string_view::npos) expression += '\\';
    expression += c;
  }
  return expression + "$";
}

results listed_by(const std::string& program, const std::string& filter) {
  std::vector<std::string> command = {program, "--benchmark_list_tests=true"};
  if (!filter.empty()) command.push_back("--benchmark_filter=" + filter);
  std::string text;
  try {
    text = child_process(command).read_to_end(child_process::duration(30));
  } catch (const interrupted&) {
    throw;
  } catch (const error& e) {
    throw error(
        error_kind::unreadable,
        fmt::format("{}: not a crossover or Google Benchmark program: {}", program, e.what()));
  }
  results listed;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Failed to match any benchmarks")) continue;
    if (line.empty() || line.starts_with('-') || line != one_line(line))
      throw error(error_kind::unreadable,
                  fmt::format("{}: not a crossover or Google Benchmark program: "
                              "--benchmark_list_tests printed '{}'",
                              program, one_line(line, 60)));
    cell_result cell;
    cell.name = line;
    listed.cells.push_back(std::move(cell));
  }
  return listed;
}

}  // namespace

foreign_pair::foreign_pair(const std::string& old_program, const std::string& new_program,
                           const foreign_pair_options& options, check_result& unmatched)
    : programs_{old_program, new_program},
      options_(options),
      judged_(judged_metric(options.metric)),
      unmatched_(unmatched),
      random_(options.seed) {
  const results old_list = listed_by(old_program, options.filter),
                new_list = listed_by(new_program, options.filter);
  if (old_list.cells.empty() && new_list.cells.empty())
    throw error(error_kind::unreadable,
                fmt::format("{} and {}: no benchmark listed{}", old_program, new_program,
                            options.filter.empty() ? "" : " that --benchmark_filter matches"));
  for (const cell_pair& pair : match_cells(old_list, new_list, unmatched))
    names_.push_back(pair.candidate->name);
  std::string path = (std::filesystem::temp_directory_path() / "crossover-check.XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw system_failure(error_kind::unwritable, path, errno);
  directory_ = path;
}

foreign_pair::~foreign_pair() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

results foreign_pair::run(std::size_t i, side which) {
  const std::string& program = programs_[which == side::candidate ? 1 : 0];
  const std::filesystem::path out = directory_ / "out.json";
  std::error_code ignored;
  std::filesystem::remove(out, ignored);
  const std::vector<std::string> command = {
      "env",
      "CROSSOVER_LAYOUT=" + std::string(random_() % 4096, 'x'),
      program,
      "--benchmark_filter=" + exactly(names_[i]),
      fmt::format("--benchmark_repetitions={}", repetitions),
      "--benchmark_min_time=" + (options_.min_time.empty() ? default_min_time : options_.min_time),
      "--benchmark_out=" + out.string(),
      "--benchmark_out_format=json"};
  try {
    child_process(command).read_to_end(child_process::duration(options_.timeout_s));
    results measured = read_results(out);
    for (const cell_result& cell : measured.cells)
      if (cell.status == cell_status::failed) throw error(error_kind::failed, cell.reason);
    if (measured.cells.size() != 1 || measured.cells.front().samples.empty())
      throw error(error_kind::failed,
                  fmt::format("--benchmark_filter={} gave {} benchmarks with results, expected 1",
                              exactly(names_[i]), measured.cells.size()));
    return measured;
  } catch (const interrupted&) {
    throw;
  } catch (const error& e) {
    throw side_failure(which, e.what());
  }
}

std::vector<double> foreign_pair::figures(std::size_t i, const results& measured) const {
  std::vector<double> all;
  for (const sample& s : measured.cells.front().samples) {
    const std::optional<double> figure = judged_.extract(measured.cells.front(), s);
    if (!figure || !(*figure > 0))
      throw error(error_kind::unsupported,
                  fmt::format("{} is {} in the output of '{}'; choose another --metric",
                              judged_.label, figure ? "0" : "missing", names_[i]));
    all.push_back(*figure);
  }
  return all;
}

double foreign_pair::prepare(std::size_t i) {
  const auto start = std::chrono::steady_clock::now();
  const results old_results = run(i, side::baseline), new_results = run(i, side::candidate);
  const double block_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!environments_known_)
    unmatched_.environment = environment_differences(old_results, new_results);
  environments_known_ = true;
  figures(i, old_results);  // throws if the metric is missing
  figures(i, new_results);
  return block_s;
}

double foreign_pair::measure(std::size_t i) {
  new_first_ = random_() % 2 == 0;
  const results first = run(i, new_first_ ? side::candidate : side::baseline);
  const results second = run(i, new_first_ ? side::baseline : side::candidate);
  const std::vector<double> old_figures = figures(i, new_first_ ? second : first),
                            new_figures = figures(i, new_first_ ? first : second);
  return worse_log_ratio(block_log_ratio(old_figures, new_figures), judged_);
}

std::string foreign_pair::probe(std::size_t i, side which) {
  try {
    run(i, which);
    return {};
  } catch (const side_failure& e) {
    return e.what();
  }
}

}  // namespace crossover
