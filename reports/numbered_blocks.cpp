#include "reports/numbered_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/results/metrics.hpp"

namespace crossover {

numbered_blocks::numbered_blocks(const results& value, const cell_indices& cells) : value_(value) {
  std::set<place> places;
  for (const std::size_t i : cells)
    for (const sample& s : value.cells[i].samples)
      if (s.block) places.insert(place_of(s));
  places_.assign(places.begin(), places.end());
  if (!value.hosts.empty())
    for (const auto& [block, host] : places_) hosts_.push_back(host);
}

block_values numbered_blocks::series_of(std::size_t cell, std::string_view metric_id,
                                        double sign) const {
  block_values series(places_.size());
  const metric& of = *find_metric(metric_id);
  for (const sample& s : value_.cells[cell].samples) {
    if (!s.block) continue;
    const auto figure = of.extract(value_.cells[cell], s);
    if (!figure || !(*figure > 0) || !std::isfinite(*figure)) continue;
    const auto at = std::lower_bound(places_.begin(), places_.end(), place_of(s));
    series[static_cast<std::size_t>(at - places_.begin())] = sign * std::log(*figure);
  }
  return series;
}

std::vector<block_values> numbered_blocks::series_of_all(const std::vector<contender>& models,
                                                         std::string_view metric_id,
                                                         double sign) const {
  std::vector<block_values> all;
  for (const contender& model : models) all.push_back(series_of(model.cell, metric_id, sign));
  return all;
}

}  // namespace crossover
