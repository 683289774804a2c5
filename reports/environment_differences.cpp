#include "reports/environment_differences.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <set>

namespace crossover {
namespace {

/// Keys that differ between any two runs, or name the compared program. They do not affect a
/// measurement.
constexpr std::array without_weight = {
    "date",        "host",       "host_name", "load_average", "load_avg",           "cpu_mhz",
    "mhz_per_cpu", "executable", "crossover", "build_id",     "json_schema_version"};

}  // namespace

bool affects_measurements(const std::string& key) {
  return std::find(without_weight.begin(), without_weight.end(), key) == without_weight.end();
}

bool is_same_fact(const std::string& key, const std::string& a, const std::string& b) {
  if (key != "memory") return a == b;
  const double x = std::strtod(a.c_str(), nullptr), y = std::strtod(b.c_str(), nullptr);
  return x > 0 && y > 0 ? std::abs(x - y) <= 0.02 * std::max(x, y) : a == b;
}

std::vector<environment_difference> environment_differences(const results& old_results,
                                                            const results& new_results) {
  const auto &before = old_results.environment, &after = new_results.environment;
  std::set<std::string> keys;
  for (const auto& [key, value] : before) keys.insert(key);
  for (const auto& [key, value] : after) keys.insert(key);
  std::vector<environment_difference> differences;
  for (const std::string& key : keys) {
    if (!affects_measurements(key)) continue;
    const auto old_value = before.find(key), new_value = after.find(key);
    const bool one_sided = old_value == before.end() || new_value == after.end();
    if (one_sided && old_results.foreign != new_results.foreign) continue;
    const std::string a = old_value == before.end() ? "" : old_value->second;
    const std::string b = new_value == after.end() ? "" : new_value->second;
    if (one_sided || !is_same_fact(key, a, b)) differences.push_back({key, a, b});
  }
  if (old_results.foreign != new_results.foreign && differences.empty())
    differences.push_back({"program", old_results.foreign ? "Google Benchmark" : "crossover",
                           new_results.foreign ? "Google Benchmark" : "crossover"});
  return differences;
}

}  // namespace crossover
