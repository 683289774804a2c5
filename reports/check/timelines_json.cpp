#include <nlohmann/json.hpp>

#include "reports/check/history.hpp"
#include "reports/check/judged_metric.hpp"

namespace crossover {

std::string timelines_as_json(const std::vector<timeline>& lines, const std::string& metric_id) {
  using nlohmann::ordered_json;
  const metric& judged = judged_metric(metric_id);
  ordered_json cells = ordered_json::array();
  for (const timeline& line : lines) {
    ordered_json runs = ordered_json::array(), changes = ordered_json::array();
    for (const timeline_run& run : line.runs)
      runs.push_back({{"commit", run.commit}, {"date", run.date}, {"value", run.value}});
    for (const change_point& change : line.changes)
      changes.push_back({{"run", change.index}, {"shift", change.shift}, {"p", change.p}, {"q", change.q}});
    cells.push_back({{"name", line.cell}, {"runs", std::move(runs)}, {"changes", std::move(changes)}});
  }
  ordered_json document;
  document["crossover_history"] = {{"schema", 1},
                                   {"metric", judged.id},
                                   {"label", judged.label},
                                   {"unit", judged.unit},
                                   {"cells", std::move(cells)}};
  return document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace crossover
