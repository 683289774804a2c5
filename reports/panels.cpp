#include "reports/panels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/results/metrics.hpp"
#include "reports/statistics/moments.hpp"

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

namespace {

/// Calls `take(sample, figure)` for each block that has the metric.
template <typename Take>
void each_value(const cell_result& cell, std::string_view metric_id, const Take& take) {
  const metric* const wanted = find_metric(metric_id);
  if (wanted == nullptr || cell.status != cell_status::ok) return;
  for (const sample& s : cell.samples)
    if (const auto figure = wanted->extract(cell, s); figure && std::isfinite(*figure))
      take(s, *figure);
}

}  // namespace

std::vector<double> values_of(const cell_result& cell, std::string_view metric_id) {
  std::vector<double> values;
  each_value(cell, metric_id, [&](const sample&, double figure) { values.push_back(figure); });
  return values;
}

std::vector<double> independent_values_of(const cell_result& cell, std::string_view metric_id) {
  std::map<std::uint32_t, std::vector<double>> hosts;
  each_value(cell, metric_id,
             [&](const sample& s, double figure) { hosts[s.host.value_or(0)].push_back(figure); });
  if (hosts.empty()) return {};
  if (hosts.size() == 1) return std::move(hosts.begin()->second);
  std::vector<double> means;
  for (const auto& [host, values] : hosts) means.push_back(moments_of(values).mean);
  return means;
}

std::optional<interval> interval_of(const cell_result& cell, std::string_view metric_id) {
  auto of = mean_interval(independent_values_of(cell, metric_id));
  if (of) of->n = values_of(cell, metric_id).size();
  return of;
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
