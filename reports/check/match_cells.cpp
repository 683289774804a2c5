#include "reports/check/match_cells.hpp"

#include <map>
#include <string_view>

namespace crossover {
namespace {

std::map<std::string_view, const cell_result*> by_name(const results& document) {
  std::map<std::string_view, const cell_result*> index;
  for (const cell_result& cell : document.cells) index.emplace(cell.name, &cell);
  return index;
}

std::string because(const char* what, const std::string& reason) {
  return reason.empty() ? what : std::string(what) + ": " + reason;
}

}  // namespace

std::vector<cell_pair> match_cells(const results& old_results, const results& new_results,
                                   check_result& found) {
  const auto old_cells = by_name(old_results), new_cells = by_name(new_results);
  std::vector<cell_pair> pairs;
  for (const cell_result& cell : new_results.cells) {
    if (new_cells.at(cell.name) != &cell) {
      found.notes.push_back("'" + cell.name + "' appears more than once in " + found.new_name +
                            ": the first is compared");
      continue;
    }
    const auto match = old_cells.find(cell.name);
    const cell_result* before = match == old_cells.end() ? nullptr : match->second;
    const bool ran_before = before != nullptr && before->status == cell_status::ok;
    switch (cell.status) {
      case cell_status::failed:
        (before != nullptr && before->status == cell_status::failed ? found.failing
                                                                    : found.newly_failing)
            .push_back({cell.name, cell.reason});
        break;
      case cell_status::skipped:
        if (ran_before)
          found.removed.push_back({cell.name, because("skipped now", cell.reason)});
        else
          found.skipped.push_back({cell.name, cell.reason});
        break;
      case cell_status::ok:
        if (ran_before)
          pairs.push_back({before, &cell});
        else if (before == nullptr)
          found.added.push_back({cell.name, "not in " + found.old_name});
        else
          found.added.push_back(
              {cell.name,
               because(before->status == cell_status::failed ? "failed before" : "skipped before",
                       before->reason)});
        break;
    }
  }
  for (const cell_result& cell : old_results.cells) {
    if (new_cells.contains(cell.name) || old_cells.at(cell.name) != &cell) continue;
    if (cell.status == cell_status::ok)
      found.removed.push_back({cell.name, "not in " + found.new_name});
    else
      found.skipped.push_back(
          {cell.name, because(cell.status == cell_status::failed ? "failed before, now gone"
                                                                 : "skipped before, now gone",
                              cell.reason)});
  }
  return pairs;
}

}  // namespace crossover
