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

std::vector<cell_pair> match_cells(const results& baseline, const results& candidate,
                                   check_result& result) {
  const auto baseline_cells = by_name(baseline), candidate_cells = by_name(candidate);
  std::vector<cell_pair> pairs;
  for (const cell_result& cell : candidate.cells) {
    if (candidate_cells.at(cell.name) != &cell) {
      result.notes.push_back("'" + cell.name + "' appears more than once in " +
                             result.candidate_name + ": the first is compared");
      continue;
    }
    const auto match = baseline_cells.find(cell.name);
    const cell_result* before = match == baseline_cells.end() ? nullptr : match->second;
    const bool ran_before = before != nullptr && before->status == cell_status::ok;
    switch (cell.status) {
      case cell_status::failed:
        (before != nullptr && before->status == cell_status::failed ? result.failing
                                                                    : result.newly_failing)
            .push_back({cell.name, cell.reason});
        break;
      case cell_status::skipped:
        if (ran_before)
          result.removed.push_back({cell.name, because("skipped now", cell.reason)});
        else
          result.skipped.push_back({cell.name, cell.reason});
        break;
      case cell_status::ok:
        if (ran_before)
          pairs.push_back({before, &cell});
        else if (before == nullptr)
          result.added.push_back({cell.name, "not in " + result.baseline_name});
        else
          result.added.push_back(
              {cell.name,
               because(before->status == cell_status::failed ? "failed before" : "skipped before",
                       before->reason)});
        break;
    }
  }
  for (const cell_result& cell : baseline.cells) {
    if (candidate_cells.contains(cell.name) || baseline_cells.at(cell.name) != &cell) continue;
    if (cell.status == cell_status::ok)
      result.removed.push_back({cell.name, "not in " + result.candidate_name});
    else
      result.skipped.push_back(
          {cell.name, because(cell.status == cell_status::failed ? "failed before, now gone"
                                                                 : "skipped before, now gone",
                              cell.reason)});
  }
  return pairs;
}

}  // namespace crossover
