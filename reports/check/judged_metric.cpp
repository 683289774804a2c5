#include "reports/check/judged_metric.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "reports/panels.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

double worse_sign(const metric& judged) {
  return judged.better == better_direction::higher ? -1 : 1;
}

const metric& judged_metric(std::string_view id) {
  const metric* known = find_metric(id);
  if (known != nullptr && known->better != better_direction::neither) return *known;
  std::string names;
  for (const metric& m : all_metrics())
    if (m.better != better_direction::neither)
      names += (names.empty() ? "" : ", ") + std::string(m.id);
  throw error(error_kind::invalid,
              fmt::format("--metric {}: {}; one of {}", id,
                          known == nullptr ? "unknown" : "has no better direction", names));
}

metric_logs logs_of(const cell_result& cell, const metric& judged) {
  metric_logs all;
  for (const auto& [host, of_host] : logs_by_host(cell, judged)) {
    all.logs.insert(all.logs.end(), of_host.logs.begin(), of_host.logs.end());
    all.zeros += of_host.zeros;
  }
  return all;
}

std::map<std::uint32_t, metric_logs> logs_by_host(const cell_result& cell, const metric& judged) {
  std::map<std::uint32_t, metric_logs> hosts;
  for (const sample& s : cell.samples) {
    const auto value = judged.extract(cell, s);
    if (!value || !std::isfinite(*value)) continue;
    metric_logs& read = hosts[s.host.value_or(0)];
    if (*value > 0)
      read.logs.push_back(std::log(*value));
    else
      ++read.zeros;
  }
  return hosts;
}

std::vector<double> error_shares_of(const cell_result& cell) {
  return independent_values_of(cell, "errors");
}

}  // namespace crossover
