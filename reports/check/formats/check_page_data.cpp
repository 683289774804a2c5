#include "reports/check/formats/check_page_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/results/metrics.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t max_cells = 60;
constexpr std::size_t max_timelines = 200;
constexpr std::size_t max_runs = 20'000;
constexpr std::size_t data_name_length = 160;

/// Six significant digits.
ordered_json six_digits(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

ordered_json six_digits(const std::optional<double>& value) {
  return value ? six_digits(*value) : ordered_json(nullptr);
}

std::string_view unit_of(std::string_view metric_label) {
  for (const metric& m : all_metrics())
    if (m.label == metric_label) return m.unit;
  return "1";
}

ordered_json cell_json(const cell_comparison& cell) {
  return {{"name", one_line(cell.name, data_name_length)},
          {"outcome", verdict_word(cell)},
          {"ratio", six_digits(cell.ratio)},
          {"lower", six_digits(cell.lower)},
          {"upper", six_digits(cell.upper)},
          {"blocks", cell.blocks}};
}

/// Index of each run in the list that the timelines share.
class run_list {
 public:
  std::size_t index_of(const timeline_run& run) {
    const auto [entry, is_new] = index_.try_emplace({run.commit, run.date}, index_.size());
    if (is_new) json_.push_back({one_line(run.commit, 60), one_line(run.date, 40)});
    return entry->second;
  }
  ordered_json json() { return std::move(json_); }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> index_;
  ordered_json json_ = ordered_json::array();
};

/// Geometric mean of each stretch between changes: [first run, last run, mean].
ordered_json levels_of(const timeline& line, std::size_t first) {
  ordered_json levels = ordered_json::array();
  const auto add = [&](std::size_t begin, std::size_t end) {
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += std::log(line.runs[i].value);
    if (end > std::max(begin, first))
      levels.push_back({std::max(begin, first) - first, end - 1 - first,
                        six_digits(std::exp(sum / static_cast<double>(end - begin)))});
  };
  std::size_t begin = 0;
  for (const change_point& change : line.changes) {
    add(begin, change.index);
    begin = change.index;
  }
  add(begin, line.runs.size());
  return levels;
}

ordered_json timeline_json(const timeline& line, std::size_t most_runs, run_list& runs) {
  const std::size_t first = line.runs.size() - std::min(line.runs.size(), most_runs);
  ordered_json indices = ordered_json::array(), values = ordered_json::array();
  for (std::size_t i = first; i < line.runs.size(); ++i) {
    indices.push_back(runs.index_of(line.runs[i]));
    values.push_back(six_digits(line.runs[i].value));
  }
  ordered_json changes = ordered_json::array();
  for (const change_point& change : line.changes)
    if (change.index > first)
      changes.push_back({change.index - first, six_digits(std::exp(change.shift))});
  return {{"cell", one_line(line.cell, data_name_length)},
          {"left_out", first},
          {"runs", std::move(indices)},
          {"values", std::move(values)},
          {"levels", levels_of(line, first)},
          {"changes", std::move(changes)}};
}

}  // namespace

ordered_json check_page_data(const check_result& result) {
  ordered_json cells = ordered_json::array();
  for (const cell_comparison* cell : by_urgency(result))
    if (cells.size() < max_cells) cells.push_back(cell_json(*cell));

  std::vector<const timeline*> drawn;
  for (const timeline& line : result.timelines)
    if (!line.runs.empty()) drawn.push_back(&line);
  std::stable_partition(drawn.begin(), drawn.end(),
                        [](const timeline* line) { return !line->changes.empty(); });
  drawn.resize(std::min(drawn.size(), max_timelines));
  run_list runs;
  ordered_json timelines = ordered_json::array();
  for (const timeline* line : drawn)
    timelines.push_back(timeline_json(*line, max_runs / drawn.size(), runs));

  return {{"metric", result.metric_label},
          {"unit", unit_of(result.metric_label)},
          {"tolerate", result.plan.rates.tolerate},
          {"detect", result.plan.rates.detect},
          {"confidence", 1 - 2 * result.plan.bound_level},
          {"cell_count", result.cells.size()},
          {"cells", std::move(cells)},
          {"timeline_count", result.timelines.size()},
          {"timelines", std::move(timelines)},
          {"runs", runs.json()}};
}

}  // namespace crossover
