#include "reports/check/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "reports/check/fingerprint.hpp"
#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "reports/environment_differences.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/units.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

constexpr const char* machine_keys[] = {"architecture", "cpu_model", "cpus",       "num_cpus",
                                        "cores",        "packages",  "numa_nodes", "quota",
                                        "governor",     "hypervisor"};

std::string whole_gib(const std::string& memory_kb) {
  return fmt::format("{:.0f}", std::strtod(memory_kb.c_str(), nullptr) / (1024 * 1024));
}

/// Mean log of the metric over a cell's repetitions; nullopt if it was not measured or is not
/// positive.
std::optional<double> mean_log(const cell_result& cell, const metric& judged) {
  if (cell.status != cell_status::ok) return std::nullopt;
  const sample_moments sample = moments_of(logs_of(cell, judged).logs);
  return sample.n > 0 ? std::optional(sample.mean) : std::nullopt;
}

/// One cell's history, oldest run first.
struct run_series {
  std::vector<double> values;        ///< oriented mean logs
  std::vector<double> error_shares;  ///< shares of failed operations
  std::vector<std::size_t> runs;     ///< indices of the runs
};

std::map<std::string, run_series> series_of(const std::vector<history_entry>& history,
                                            const metric& judged) {
  std::map<std::string, run_series> all;
  for (std::size_t run = 0; run < history.size(); ++run) {
    std::set<std::string> seen;
    for (const cell_result& cell : history[run].measured.cells) {
      const auto value = mean_log(cell, judged);
      if (!value || !seen.insert(cell.name).second) continue;
      run_series& past = all[cell.name];
      past.values.push_back(worse_sign(judged) * *value);
      past.error_shares.push_back(moments_of(error_shares_of(cell)).mean);
      past.runs.push_back(run);
    }
  }
  return all;
}

/// Marks changes in all series together, so that the false discovery rate covers all cells.
std::map<std::string, std::vector<change_point>> changes_of(
    const std::map<std::string, run_series>& all, const change_options& options) {
  std::vector<std::vector<double>> series;
  for (const auto& [cell, past] : all) series.push_back(past.values);
  std::vector<std::vector<change_point>> marked = change_points(series, options);
  std::map<std::string, std::vector<change_point>> by_cell;
  std::size_t at = 0;
  for (const auto& [cell, past] : all) by_cell[cell] = std::move(marked[at++]);
  return by_cell;
}

/// Returns whether only the runs since the last marked change count: it is within the window, and
/// enough runs follow it.
bool since_change(const std::vector<change_point>& marked, std::size_t window_begin,
                  std::size_t runs, const history_options& options) {
  return !marked.empty() && marked.back().index > window_begin &&
         runs - marked.back().index >= options.min_runs;
}

/// Returns the smallest window that detects `detect` at this scatter.
std::optional<unsigned> runs_needed(double sd, const cell_comparison& cell,
                                    const file_options& options, std::size_t cells) {
  const double shift = std::log1p(cell.detect) - std::log1p(cell.tolerate);
  const double level = options.rates.false_alarms / static_cast<double>(cells);
  for (unsigned w = 3; w <= 500; w += 1 + w / 16) {
    const double scale = sd * std::sqrt(1 + 1.0 / w);
    if (detectable_shift(w - 1.0, level, options.rates.power) * scale <= shift) return w;
  }
  return std::nullopt;
}

/// Judges a new value against the window, unless the window is too short.
void judge(cell_comparison& cell, std::span<const double> window, double value,
           const history_options& options, std::size_t cells) {
  const sample_moments past = moments_of(window);
  cell.blocks = static_cast<unsigned>(past.n);
  if (past.n > 0) cell.ratio = std::exp(value - past.mean);
  if (past.n < std::max(2u, options.min_runs)) {
    cell.remedy = fmt::format(
        "{} in the window: at least {} are needed to estimate the scatter from run to run",
        counted(past.n, "run"), options.min_runs);
    return;
  }
  const double w = static_cast<double>(past.n);
  const double sd = std::max(min_sd, past.standard_deviation);
  cell.sd = sd;
  judge_by_t(cell, {value - past.mean, sd * std::sqrt(1 + 1 / w), w - 1},
             options.files.rates.power);
  const auto needed = runs_needed(sd, cell, options.files, cells);
  cell.remedy =
      needed ? fmt::format("runs scatter by {:.2g} %: about {} runs in the window would detect {}",
                           sd * 100, *needed, as_percent(cell.detect))
             : fmt::format(
                   "runs scatter by {:.2g} %: no window would detect {}; run `crossover check` on "
                   "the two "
                   "programs",
                   sd * 100, as_percent(cell.detect));
}

}  // namespace

std::string machine_fingerprint(const results& measured) {
  std::string text;
  const auto& e = measured.environment;
  for (const char* key : machine_keys)
    if (const auto entry = e.find(key); entry != e.end())
      text += fmt::format("{}={}\n", key, entry->second);
  if (const auto memory = e.find("memory"); memory != e.end())
    text += "memory=" + whole_gib(memory->second);
  return fmt::format("{:016x}", fingerprint(text)).substr(0, 12);
}

std::filesystem::path history_file(const std::filesystem::path& directory,
                                   const std::string& commit, const results& measured) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '-' || c == '_';
  };
  if (commit.empty() || commit.size() > 100 || !std::all_of(commit.begin(), commit.end(), plain) ||
      commit.front() == '.')
    throw error(error_kind::invalid,
                "--commit: only letters, digits, dots, dashes and underscores; pass the output of "
                "`git rev-parse HEAD`");
  std::string date;
  for (const char c : measured.date.empty() ? std::string("undated") : measured.date)
    if (plain(c) && c != '-') date += c;
  return directory / machine_fingerprint(measured) / fmt::format("{}-{}.json", date, commit);
}

void add_to_history(const std::filesystem::path& directory, const std::string& commit,
                    const results& measured, std::string_view document) {
  const std::filesystem::path file = history_file(directory, commit, measured);
  std::error_code ec;
  std::filesystem::create_directories(file.parent_path(), ec);
  if (ec)
    throw error(error_kind::unwritable,
                fmt::format("{}: {}", file.parent_path().string(), ec.message()));
  write_atomically(file, document);
}

std::vector<history_entry> read_history(const std::filesystem::path& directory,
                                        const std::string& machine) {
  std::vector<std::filesystem::path> files;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(directory / machine, ec))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<history_entry> history;
  for (const std::filesystem::path& file : files) {
    const std::string stem = file.stem().string();
    const std::size_t dash = stem.find('-');
    history.push_back(
        {dash == std::string::npos ? stem : stem.substr(dash + 1), read_results(file)});
  }
  std::stable_sort(history.begin(), history.end(),
                   [](const history_entry& a, const history_entry& b) {
                     return a.measured.date < b.measured.date;
                   });
  return history;
}

check_result compare_with_history(std::vector<history_entry> history, const results& measured,
                                  const history_options& options) {
  const metric& judged = judged_metric(options.files.metric);
  if (history.empty())
    throw error(error_kind::unreadable,
                "--history: no run of this machine yet; add runs of earlier commits first");
  check_result result;
  const std::size_t window = std::min<std::size_t>(options.window, history.size());
  result.baseline_name =
      fmt::format("the last {} ({} to {})", counted(window, "run"),
                  history[history.size() - window].commit, history.back().commit);
  result.candidate_name = options.files.candidate_name;
  result.metric_label = judged.label;
  result.plan = plan_of(options.files, options.changes.seed, "sequential runs");
  const std::vector<cell_pair> pairs = match_cells(history.back().measured, measured, result);
  result.environment = environment_differences(history.back().measured, measured);
  result.environment_allowed = options.files.allow_different_environment;

  const auto all = series_of(history, judged);
  const auto changes = changes_of(all, options.changes);
  for (const auto& [before, after] : pairs) {
    cell_comparison cell;
    cell.name = after->name;
    cell.metric = judged.id;
    cell.decided = decided_by::history;
    const cell_thresholds limits =
        thresholds_of(options.files.per_cell, cell.name,
                      {options.files.rates.tolerate, options.files.rates.detect});
    cell.tolerate = limits.tolerate;
    cell.detect = limits.detect;
    const auto value = mean_log(*after, judged);
    const auto series = all.find(cell.name);
    if (!value || series == all.end()) {
      cell.remedy =
          fmt::format("{} was not measured or is 0; choose another --metric", judged.label);
    } else {
      const run_series& past = series->second;
      const std::vector<change_point>& marked = changes.at(cell.name);
      const std::size_t runs = past.values.size();
      std::size_t begin = runs - std::min<std::size_t>(options.window, runs);
      if (since_change(marked, begin, runs, options)) {
        begin = marked.back().index;
        cell.notes.push_back(fmt::format("compared with the runs since its change at {} ({})",
                                         history[past.runs[begin]].commit,
                                         as_change(std::exp(marked.back().shift))));
      }
      judge(cell, std::span(past.values).subspan(begin), worse_sign(judged) * *value, options,
            pairs.size());
      const std::vector<double> share = {moments_of(error_shares_of(*after)).mean};
      judge_errors(cell, std::span(past.error_shares).subspan(begin), share);
    }
    result.cells.push_back(std::move(cell));
  }
  decide_by_holm(result);
  for (cell_comparison& cell : result.cells)
    if (cell.outcome != verdict::inconclusive) cell.remedy.clear();
  withhold_if_environments_differ(result,
                                  "the environment differs from the last run's: begin a new "
                                  "history, or pass --allow-different-environment");
  result.notes.push_back(
      "runs of a history are sequential: the scatter from run to run is taken from the window, and "
      "a lasting change of the machine looks like a change of the program");
  require_common_cells(result);
  history.push_back({"this run", measured});
  result.timelines = timelines(history, options.files.metric, options.changes);
  return result;
}

std::vector<timeline> timelines(const std::vector<history_entry>& history,
                                const std::string& metric_id, const change_options& options) {
  const metric& judged = judged_metric(metric_id);
  const auto all = series_of(history, judged);
  const auto changes = changes_of(all, options);
  std::vector<timeline> lines;
  std::set<std::string> seen;
  for (const history_entry& entry : history)
    for (const cell_result& cell : entry.measured.cells) {
      const auto series = all.find(cell.name);
      if (series == all.end() || !seen.insert(cell.name).second) continue;
      timeline line{cell.name, {}, changes.at(cell.name)};
      for (std::size_t i = 0; i < series->second.values.size(); ++i) {
        const history_entry& run = history[series->second.runs[i]];
        line.runs.push_back({run.commit, run.measured.date,
                             std::exp(worse_sign(judged) * series->second.values[i])});
      }
      lines.push_back(std::move(line));
    }
  return lines;
}

}  // namespace crossover
