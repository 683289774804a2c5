#pragma once

#include <nlohmann/json_fwd.hpp>

#include "reports/check/comparison.hpp"

namespace crossover {

/// Computes the figures in the charts of a check's page; the page's code only draws. Ratios above 1
/// are worse. The 60 cells of highest urgency are drawn. Timelines with a marked change come first.
/// At most 200 are drawn, with at most 20,000 runs in all, the latest ones.
nlohmann::ordered_json check_page_data(const check_result& result);

}  // namespace crossover
