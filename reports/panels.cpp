#include "reports/panels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "bench/results/metrics.hpp"

namespace crossover {

std::vector<panel> panels_of(const results& value) {
  std::vector<panel> panels;
  std::map<std::pair<std::string, std::map<std::string, std::string>>, std::size_t> index;
  for (std::size_t i = 0; i < value.cells.size(); ++i) {
    const cell_result& cell = value.cells[i];
    const auto parameters = value.foreign ? std::map<std::string, std::string>() : cell.parameters;
    const auto [position, inserted] = index.try_emplace({cell.workload, parameters}, panels.size());
    if (inserted) {
      panel p{cell.workload, parameters, cell.workload, {}};
      for (const auto& [key, text] : parameters)
        if (!text.empty()) p.label += fmt::format(" {}={}", key, text);
      if (p.label.find_first_not_of(" \t\r\n") == std::string::npos) p.label = "(no name)";
      panels.push_back(std::move(p));
    }
    panels[position->second].cells.push_back(i);
  }
  return panels;
}

std::vector<double> values_of(const cell_result& cell, std::string_view metric_id) {
  std::vector<double> values;
  const metric* const wanted = find_metric(metric_id);
  if (wanted == nullptr || cell.status != cell_status::ok) return values;
  for (const sample& s : cell.samples)
    if (const auto figure = wanted->extract(cell, s); figure && std::isfinite(*figure))
      values.push_back(*figure);
  return values;
}

std::optional<interval> interval_of(const cell_result& cell, std::string_view metric_id) {
  return mean_interval(values_of(cell, metric_id));
}

std::vector<ranked_cell> ranked_at(const results& value, const panel& p, std::uint32_t cores) {
  std::map<std::string, ranked_cell> best;
  for (const std::size_t i : p.cells) {
    const cell_result& cell = value.cells[i];
    if (cell.cores != cores) continue;
    const auto throughput = interval_of(cell, "throughput");
    if (!throughput) continue;
    const auto [position, inserted] = best.try_emplace(cell.model, ranked_cell{i, *throughput});
    if (!inserted && throughput->mean > position->second.throughput.mean)
      position->second = {i, *throughput};
  }
  std::vector<ranked_cell> order;
  for (const auto& [model, ranked] : best) order.push_back(ranked);
  std::stable_sort(order.begin(), order.end(), [](const ranked_cell& a, const ranked_cell& b) {
    return a.throughput.mean > b.throughput.mean;
  });
  return order;
}

std::vector<std::uint32_t> core_counts(const results& value, const panel& p) {
  std::set<std::uint32_t> counts;
  for (const std::size_t i : p.cells) {
    const cell_result& cell = value.cells[i];
    if (cell.cores && cell.status == cell_status::ok && !cell.samples.empty())
      counts.insert(*cell.cores);
  }
  return {counts.begin(), counts.end()};
}

}  // namespace crossover
