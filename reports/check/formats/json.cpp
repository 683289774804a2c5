#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/check/formats/formats.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

template <typename T>
ordered_json or_null(const std::optional<T>& value) {
  if (!value || !std::isfinite(static_cast<double>(*value))) return nullptr;
  return *value;
}

ordered_json json_list(const std::vector<unmatched_cell>& cells) {
  ordered_json out = ordered_json::array();
  for (const unmatched_cell& cell : cells)
    out.push_back({{"name", cell.name}, {"reason", cell.reason}});
  return out;
}

ordered_json of(const comparison_plan& plan) {
  return {{"tolerate", plan.rates.tolerate},
          {"detect", plan.rates.detect},
          {"false_alarms", plan.rates.false_alarms},
          {"power", plan.rates.power},
          {"regimes", plan.regimes},
          {"bound_level", plan.bound_level},
          {"seed", plan.seed},
          {"order", plan.order},
          {"screen_blocks", plan.screen_blocks},
          {"confirm_blocks", plan.confirm_blocks},
          {"links", {{"baseline", plan.links[0]}, {"candidate", plan.links[1]}}},
          {"averages_layout", averages_layout(plan)},
          {"expected_s", or_null(plan.expected_s)},
          {"wall_s", or_null(plan.wall_s)}};
}

ordered_json of(const quantity_comparison& q) {
  return {{"quantity", to_string(q.of)},
          {"baseline", q.baseline},
          {"candidate", q.candidate},
          {"upper", or_null(q.upper)},
          {"p", q.p},
          {"adjusted_p", or_null(q.adjusted_p)}};
}

ordered_json of(const cell_comparison& cell, double false_alarms) {
  ordered_json quantities = ordered_json::array();
  for (const quantity_comparison& q : cell.quantities) quantities.push_back(of(q));
  ordered_json blocks = ordered_json::array();
  for (const double value : cell.block_log_ratios) blocks.push_back(or_null(std::optional(value)));
  return {{"name", cell.name},
          {"metric", cell.metric},
          {"verdict", to_string(cell.outcome)},
          {"improvement", cell.improvement},
          {"worse", worse_quantities(cell, false_alarms)},
          {"ratio", or_null(cell.ratio)},
          {"lower", or_null(cell.lower)},
          {"upper", or_null(cell.upper)},
          {"p", or_null(cell.p)},
          {"adjusted_p", or_null(cell.adjusted_p)},
          {"better_p", or_null(cell.better_p)},
          {"quantities", std::move(quantities)},
          {"tolerate", cell.tolerate},
          {"detect", cell.detect},
          {"decided_by", to_string(cell.decided)},
          {"blocks", cell.blocks},
          {"rounds", cell.rounds},
          {"screen_blocks", cell.screen_blocks},
          {"unseen_share", or_null(cell.unseen_share)},
          {"sd", or_null(cell.sd)},
          {"block_log_ratios", std::move(blocks)},
          {"block_orders", cell.block_orders},
          {"remedy", cell.remedy},
          {"notes", cell.notes}};
}

ordered_json of(const control_comparison& control) {
  return {{"cell", control.cell},
          {"added", control.added},
          {"added_to", control.added == 0   ? "none"
                       : control.is_counted ? "readings"
                                            : "work"},
          {"blocks", control.blocks},
          {"ratio", or_null(control.ratio)},
          {"total_ratio", or_null(control.total_ratio)},
          {"seconds", control.seconds},
          {"problem", control.problem}};
}

ordered_json timelines(const check_result& result) {
  ordered_json lines = ordered_json::array();
  for (const timeline& line : result.timelines) {
    ordered_json runs = ordered_json::array(), changes = ordered_json::array();
    for (const timeline_run& run : line.runs)
      runs.push_back({{"commit", run.commit}, {"date", run.date}, {"value", run.value}});
    for (const change_point& change : line.changes)
      changes.push_back(
          {{"run", change.index}, {"shift", change.shift}, {"p", change.p}, {"q", change.q}});
    lines.push_back(
        {{"cell", line.cell}, {"runs", std::move(runs)}, {"changes", std::move(changes)}});
  }
  return lines;
}

}  // namespace

std::string as_json(const check_result& result) {
  ordered_json cells = ordered_json::array();
  for (const cell_comparison& cell : result.cells)
    cells.push_back(of(cell, result.plan.rates.false_alarms));
  ordered_json controls = ordered_json::array();
  for (const control_comparison& control : result.controls) controls.push_back(of(control));
  ordered_json environment = ordered_json::array();
  for (const environment_difference& d : result.environment)
    environment.push_back({{"key", d.key}, {"baseline", d.old_value}, {"candidate", d.new_value}});
  ordered_json document;
  document["crossover_check"] = {{"schema", 1},
                                 {"verdict", to_string(verdict_of(result))},
                                 {"exit_code", exit_code_of(result)},
                                 {"headline", headline(result)},
                                 {"baseline", result.baseline_name},
                                 {"candidate", result.candidate_name},
                                 {"metric_label", result.metric_label},
                                 {"plan", of(result.plan)},
                                 {"cells", std::move(cells)},
                                 {"controls", std::move(controls)},
                                 {"newly_failing", json_list(result.newly_failing)},
                                 {"removed", json_list(result.removed)},
                                 {"failing", json_list(result.failing)},
                                 {"added", json_list(result.added)},
                                 {"skipped", json_list(result.skipped)},
                                 {"environment_differences", std::move(environment)},
                                 {"environment_allowed", result.environment_allowed},
                                 {"notes", result.notes},
                                 {"timelines", timelines(result)}};
  return document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace crossover
