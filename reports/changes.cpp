#include "reports/changes.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "reports/panels.hpp"

namespace crossover {
namespace {

change_direction direction_of(const interval& ratio, better_direction better) {
  if (!ratio.lower || !ratio.upper || better == better_direction::neither)
    return change_direction::unclear;
  if (*ratio.lower <= 1 && *ratio.upper >= 1) return change_direction::unclear;
  const bool rose = *ratio.lower > 1;
  return rose == (better == better_direction::higher) ? change_direction::better
                                                      : change_direction::worse;
}

}  // namespace

std::string_view to_string(change_direction direction) {
  switch (direction) {
    case change_direction::better:
      return "better";
    case change_direction::worse:
      return "worse";
    case change_direction::unclear:
      return "unclear";
  }
  return "unclear";
}

std::vector<change> changes_between(const results& baseline, const results& now) {
  std::map<std::string, std::size_t> baseline_index;
  for (std::size_t i = 0; i < baseline.cells.size(); ++i)
    baseline_index.try_emplace(baseline.cells[i].name, i);
  std::vector<change> changes;
  for (std::size_t i = 0; i < now.cells.size(); ++i) {
    const auto match = baseline_index.find(now.cells[i].name);
    if (match == baseline_index.end()) continue;
    for (const metric& m : all_metrics()) {
      if (m.better == better_direction::neither) continue;
      const auto before = values_of(baseline.cells[match->second], m.id);
      const auto after = values_of(now.cells[i], m.id);
      const auto ratio = ratio_interval(after, before);
      if (!ratio) continue;
      changes.push_back({i, match->second, &m, *mean_interval(before), *mean_interval(after),
                         *ratio, direction_of(*ratio, m.better)});
    }
  }
  return changes;
}

unmatched_cells unmatched_cells_of(const results& baseline, const results& now) {
  std::set<std::string> old_names;
  std::set<std::string> new_names;
  for (const cell_result& cell : baseline.cells) old_names.insert(cell.name);
  for (const cell_result& cell : now.cells) new_names.insert(cell.name);
  unmatched_cells unmatched;
  std::set_difference(old_names.begin(), old_names.end(), new_names.begin(), new_names.end(),
                      std::back_inserter(unmatched.only_in_baseline));
  std::set_difference(new_names.begin(), new_names.end(), old_names.begin(), old_names.end(),
                      std::back_inserter(unmatched.only_in_this));
  return unmatched;
}

}  // namespace crossover
