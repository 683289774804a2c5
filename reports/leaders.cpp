#include "reports/leaders.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "reports/units.hpp"

namespace crossover {
namespace {

/// Everything that the contests of a series share.
using fixed_values =
    std::tuple<std::string, std::map<std::string, std::string>, std::optional<std::uint32_t>,
               std::optional<std::uint32_t>, std::optional<double>>;

std::optional<double> place_on(leader_axis axis, const contest& c) {
  switch (axis) {
    case leader_axis::cores:
      return c.cores ? std::optional<double>(*c.cores) : std::nullopt;
    case leader_axis::in_flight:
      return c.in_flight ? std::optional<double>(*c.in_flight) : std::nullopt;
    case leader_axis::cpu_share:
      return cpu_share_of(c);
  }
  return std::nullopt;
}

fixed_values fixed_values_of(leader_axis axis, const contest& c, bool cpu_is_fixed) {
  fixed_values fixed{c.workload, c.parameters, c.cores, c.in_flight, c.rate};
  auto& [workload, parameters, cores, in_flight, rate] = fixed;
  if (axis == leader_axis::cores) cores = std::nullopt;
  if (axis == leader_axis::in_flight) in_flight = std::nullopt;
  if (axis == leader_axis::cpu_share) {
    parameters.erase("wait");
    if (!cpu_is_fixed) parameters.erase("cpu");
  }
  return fixed;
}

using places = std::map<double, std::size_t>;

/// Contests by their place on the axis; nullopt if two of them have the same place.
std::optional<std::vector<places>> group(leader_axis axis, const std::vector<contest>& contests,
                                         bool cpu_is_fixed) {
  std::map<fixed_values, std::size_t> index;
  std::vector<places> groups;
  bool is_unique = true;
  for (std::size_t i = 0; i < contests.size(); ++i) {
    const auto at = place_on(axis, contests[i]);
    if (!at) continue;
    const auto [position, inserted] =
        index.try_emplace(fixed_values_of(axis, contests[i], cpu_is_fixed), groups.size());
    if (inserted) groups.emplace_back();
    is_unique = groups[position->second].emplace(*at, i).second && is_unique;
  }
  return is_unique ? std::optional(groups) : std::nullopt;
}

leader_series series_of(leader_axis axis, const std::vector<contest>& contests,
                        const places& at_places) {
  leader_series series;
  series.along = axis;
  for (const auto& [at, i] : at_places) {
    series.contests.push_back(i);
    for (const contender& model : contests[i].models)
      if (std::find(series.models.begin(), series.models.end(), model.model) == series.models.end())
        series.models.push_back(model.model);
  }
  std::vector<axis_point> points;
  for (const auto& [at, i] : at_places) {
    axis_point point{at, std::vector<std::optional<model_class>>(series.models.size())};
    for (const contender& model : contests[i].models) {
      const auto name = std::find(series.models.begin(), series.models.end(), model.model);
      point.classes[static_cast<std::size_t>(name - series.models.begin())] = model.shown;
    }
    points.push_back(std::move(point));
  }
  series.found = leadership_along(points);
  return series;
}

}  // namespace

std::string_view name_of(leader_axis axis) {
  switch (axis) {
    case leader_axis::cores:
      return "cores";
    case leader_axis::in_flight:
      return "in_flight";
    case leader_axis::cpu_share:
      return "cpu_share";
  }
  return "";
}

std::optional<double> cpu_share_of(const contest& of) {
  const auto cpu = of.parameters.find("cpu");
  const auto wait = of.parameters.find("wait");
  if (cpu == of.parameters.end() || wait == of.parameters.end()) return std::nullopt;
  const auto cpu_s = seconds_of(cpu->second);
  const auto wait_s = seconds_of(wait->second);
  if (!cpu_s || !wait_s || !(*cpu_s + *wait_s > 0)) return std::nullopt;
  return *cpu_s / (*cpu_s + *wait_s);
}

std::vector<leader_series> leaders_along_axes(const std::vector<contest>& contests) {
  std::vector<leader_series> all;
  for (const leader_axis axis :
       {leader_axis::cores, leader_axis::in_flight, leader_axis::cpu_share}) {
    auto groups = group(axis, contests, /*cpu_is_fixed=*/false);
    if (!groups) groups = group(axis, contests, /*cpu_is_fixed=*/true);
    if (!groups) continue;
    for (const places& at_places : *groups)
      if (at_places.size() > 1) all.push_back(series_of(axis, contests, at_places));
  }
  return all;
}

}  // namespace crossover
