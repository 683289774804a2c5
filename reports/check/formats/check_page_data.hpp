#pragma once

#include <nlohmann/json_fwd.hpp>

#include "reports/check/comparison.hpp"

namespace crossover {

/// Computes what the charts of a check's page show; the page's code only draws. Ratios above 1 are
/// worse. At most 60 cells are drawn, the most urgent ones. Of timelines, those with a marked
/// change come first. At most 200 are drawn, with at most 20,000 runs in all, the latest ones.
nlohmann::ordered_json check_page_data(const check_result& result);

}  // namespace crossover
