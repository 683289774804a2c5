#include "reports/changes.hpp"

#include <map>

#include "reports/check/compare_files.hpp"
#include "reports/panels.hpp"

namespace crossover {
namespace {

std::map<std::string_view, std::size_t> indices_of(const results& value) {
  std::map<std::string_view, std::size_t> indices;
  for (std::size_t i = 0; i < value.cells.size(); ++i) indices.emplace(value.cells[i].name, i);
  return indices;
}

/// A cell's ratio is oriented so that more is worse; this one is new over old.
interval new_over_old(const cell_comparison& cell, better_direction better) {
  if (better == better_direction::lower) return {*cell.ratio, cell.lower, cell.upper, cell.blocks};
  const auto inverse = [](const std::optional<double>& ratio) {
    return ratio ? std::optional(1 / *ratio) : std::nullopt;
  };
  return {1 / *cell.ratio, inverse(cell.upper), inverse(cell.lower), cell.blocks};
}

std::string because_of(const cell_comparison& cell, double false_alarms) {
  const quantity_comparison* excess = excess_of(cell);
  const bool by_metric = cell.adjusted_p && *cell.adjusted_p <= false_alarms;
  return excess != nullptr && !by_metric ? quantity_text(*excess) : "";
}

check_result checked(std::string_view metric_id, const results& baseline, const results& now) {
  file_options options;
  options.metric = metric_id;
  options.baseline_name = "the baseline";
  options.candidate_name = "this run";
  return compare_files(baseline, now, options);
}

}  // namespace

std::vector<change> changes_in(const metric& of, const results& baseline, const results& now) {
  std::vector<change> changes;
  if (of.better == better_direction::neither) return changes;
  const auto baseline_indices = indices_of(baseline), indices = indices_of(now);
  const check_result result = checked(of.id, baseline, now);
  for (const cell_comparison& cell : result.cells) {
    const auto before = interval_of(baseline.cells[baseline_indices.at(cell.name)], of.id);
    if (!cell.ratio || !before || !(before->mean > 0)) continue;
    changes.push_back({indices.at(cell.name), *before, new_over_old(cell, of.better),
                       verdict_word(cell), because_of(cell, result.plan.rates.false_alarms)});
  }
  return changes;
}

std::string check_headline(const results& baseline, const results& now) {
  return headline(checked("time", baseline, now));
}

}  // namespace crossover
