#pragma once

// Parameters of the workloads, and what /proc says about memory.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/cells/libuv_cell/digests.hpp"

// Parameters of the workloads with their defaults.
inline const nlohmann::json workloads = {
    {"sleep", {{"delay", "10ms"}}},
    {"hashing", {{"bytes", "64KiB"}, {"algorithm", "sha256"}}},
    {"network", {{"bytes", "64"}, {"delay", "0"}}},
    {"mixed", {{"cpu", "100us"}, {"wait", "1ms"}, {"io", "sleep"}, {"long", "0"}}}};

inline void require(bool condition, const std::string& message, const char* kind = "invalid") {
  if (!condition) throw failure{kind, message};
}

/// Returns a size in bytes or a duration in ns.
inline std::int64_t quantity(const std::string& name, const std::string& text) {
  static const std::map<std::string, double> sizes = {
      {"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  static const std::map<std::string, double> durations = {
      {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto& units = name == "bytes" ? sizes : durations;
  const auto unit = units.find(text.substr(end));
  require(end > 0 && text[0] != '.' && (unit != units.end() || text == "0"),
          name + "=" + text + ": expected for example 64KiB or 10ms");
  return text == "0" ? 0 : static_cast<std::int64_t>(std::stod(text) * unit->second);
}

inline nlohmann::json values_of(const std::string& workload, const nlohmann::json& given) {
  require(workloads.contains(workload), "unknown workload '" + workload + "'");
  nlohmann::json values = workloads[workload];
  for (const auto& [name, value] : given.items()) {
    require(values.contains(name), workload + " has no parameter '" + name + "'");
    values[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  for (auto& [name, value] : values.items()) {
    const auto text = value.get<std::string>();
    if (name == "algorithm")
      require(text == "sha256", "this cell has only sha256", "unsupported");
    else if (name == "io")
      require(text == "sleep" || text == "network", "io=" + text + ": expected sleep or network");
    else
      value = quantity(name, text);
  }
  return values;
}

/// Returns a line of a /proc file in bytes.
inline std::int64_t memory(const char* file, std::string_view name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name)) return std::stoll(line.substr(name.size())) * 1024;
  return 0;
}
