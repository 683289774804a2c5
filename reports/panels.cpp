#include "reports/panels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/results/metrics.hpp"

namespace crossover {

std::vector<panel> panels_of(const results& value) {
  std::vector<panel> panels;
  std::map<std::pair<std::string, std::map<std::string, std::string>>, std::size_t> index;
  for (std::size_t i = 0; i < value.cells.size(); ++i) {
    const cell_result& cell = value.cells[i];
    const auto parameters =
        value.foreign ? std::map<std::string, std::string>() : cell.shown_parameters();
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

std::optional<std::uint32_t> in_flight_over_cores(const results& value, const panel& p) {
  using cores_and_models = std::map<std::uint32_t, std::set<std::string>>;
  std::map<std::uint32_t, cores_and_models> measured;
  for (const std::size_t i : p.cells) {
    const cell_result& cell = value.cells[i];
    if (cell.cores && cell.in_flight && cell.status == cell_status::ok && !cell.samples.empty())
      measured[*cell.in_flight][*cell.cores].insert(cell.model_label());
  }
  std::optional<std::uint32_t> chosen;
  const auto comparisons = [&](std::uint32_t in_flight) {
    const cores_and_models& of = measured.at(in_flight);
    return std::count_if(of.begin(), of.end(),
                         [](const auto& entry) { return entry.second.size() > 1; });
  };
  for (const auto& [in_flight, of] : measured)
    if (!chosen || comparisons(in_flight) >= comparisons(*chosen)) chosen = in_flight;
  return chosen;
}

}  // namespace crossover
