#pragma once

#include <span>
#include <string>

#include "reports/check/timeline.hpp"

namespace crossover {

/// The timelines as a section of the page: of each cell a small plot of its runs, oldest left, a
/// dashed line where a change is marked, and the marked changes in words. Empty where there is no
/// run. Beyond 200 cells those without a marked change are left out, and that is said.
std::string timeline_section(std::span<const timeline> lines, const std::string& metric_label);

}  // namespace crossover
