#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/check/error_rates.hpp"
#include "reports/check/thresholds.hpp"

namespace crossover {

/// Scatter of cells between links of one build, as `tools/layout` measures it.
struct layout {
  unsigned links = 0;                     ///< of each cell
  std::map<std::string, double> scatter;  ///< by cell: s.d. of a link's log time
};

/// Reads what `tools/layout` wrote. Throws `error` (unreadable).
layout read_layout(const std::string& file);

/// Returns thresholds that tolerate what a single link of each side can differ by, in addition to
/// `rules`: t(1 - false_alarms / cells) * sqrt(2) * scatter, with links - 1 degrees of freedom. If
/// the builds are equal, no cell of the suite differs by more, with a probability of
/// 1 - false_alarms (Bonferroni; normal scatter). `tolerate` and `detect` grow by the same factor.
/// Throws `error` (invalid) as `thresholds_of` does.
thresholds tolerating_layout(const layout& measured, thresholds rules,
                             const std::vector<std::string>& cells, const error_rates& rates);

}  // namespace crossover
