#pragma once

#include <span>
#include <string>

#include "reports/check/timeline.hpp"

namespace crossover {

/// Returns the timelines as a section of the page: one small plot per cell with its runs, oldest
/// left, a dashed line at each marked change, and a list of the changes. Empty if there are no
/// runs. With more than 200 cells, those without a marked change are left out, with a remark.
std::string timeline_section(std::span<const timeline> lines, const std::string& metric_label);

}  // namespace crossover
