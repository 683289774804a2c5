#include "reports/counters.hpp"

#include <cmath>
#include <set>

namespace crossover {
namespace {

void add_names(const cell_result& cell, std::set<std::string>& names) {
  for (const sample& s : cell.samples)
    for (const auto& [name, value] : s.counters) names.insert(name);
}

}  // namespace

std::vector<std::string> counter_names(const cell_result& cell) {
  std::set<std::string> names;
  add_names(cell, names);
  return {names.begin(), names.end()};
}

std::vector<std::string> counter_names(const results& value) {
  std::set<std::string> names;
  for (const cell_result& cell : value.cells) add_names(cell, names);
  return {names.begin(), names.end()};
}

std::vector<double> counter_values(const cell_result& cell, const std::string& name) {
  std::vector<double> values;
  for (const sample& s : cell.samples)
    if (const auto counter = s.counters.find(name);
        counter != s.counters.end() && std::isfinite(counter->second))
      values.push_back(counter->second);
  return values;
}

std::string_view counter_unit(std::string_view name) {
  if (name == "bytes_per_second") return "bytes/s";
  return name.ends_with("_per_second") ? "1/s" : "1";
}

}  // namespace crossover
