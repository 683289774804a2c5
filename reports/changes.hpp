#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/results/metrics.hpp"
#include "bench/results/results.hpp"
#include "reports/statistics/interval.hpp"

namespace crossover {

/// What the intervals say of one metric of one cell. The two runs were not interleaved, so this
/// describes and does not judge.
enum class change_direction { better, worse, unclear };
std::string_view to_string(change_direction direction);

/// One metric of a cell that both results have.
struct change {
  std::size_t now = 0;       ///< index into the new results' cells
  std::size_t baseline = 0;  ///< index into the old results' cells
  const metric* of = nullptr;
  interval before;
  interval after;
  interval ratio;  ///< new over old
  change_direction direction = change_direction::unclear;
};

/// Every judged metric of every cell of equal name, in the order of the new results.
std::vector<change> changes_between(const results& baseline, const results& now);

/// The names of the cells that only one of the two has.
struct unmatched_cells {
  std::vector<std::string> only_in_baseline;
  std::vector<std::string> only_in_this;
};
unmatched_cells cells_without_counterpart(const results& baseline, const results& now);

}  // namespace crossover
