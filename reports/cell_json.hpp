#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/contests.hpp"
#include "reports/panels.hpp"

namespace crossover {

/// Metrics whose single values the cells of a page keep, one per block. `means`: only means and
/// intervals, and only of the headline metrics.
enum class kept_values { all, headline, none, means };

/// Returns a row per cell of the page's data, in the order of the results.
nlohmann::ordered_json cells_json(const results& value, const std::vector<panel>& panels,
                                  const std::vector<contest>& contests,
                                  const std::vector<std::string>& counters, kept_values kept);

}  // namespace crossover
