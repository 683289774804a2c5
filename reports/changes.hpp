#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/results/metrics.hpp"
#include "bench/results/results.hpp"
#include "reports/statistics/interval.hpp"

namespace crossover {

/// Direction of a change, from the interval of the ratio. Descriptive only: the two runs were not
/// interleaved.
enum class change_direction { better, worse, unclear };
std::string_view to_string(change_direction direction);

/// Change of one metric of a cell that both results have.
struct change {
  std::size_t now = 0;       ///< index into the new results' cells
  std::size_t baseline = 0;  ///< index into the old results' cells
  const metric* of = nullptr;
  interval before;
  interval after;
  interval ratio;  ///< new over old
  change_direction direction = change_direction::unclear;
};

/// Returns every metric with a better direction of every cell with the same name in both, in the
/// order of the new results.
std::vector<change> changes_between(const results& baseline, const results& now);

/// Names of the cells that are in only one of the results.
struct unmatched_cells {
  std::vector<std::string> only_in_baseline;
  std::vector<std::string> only_in_this;
};
unmatched_cells unmatched_cells_of(const results& baseline, const results& now);

}  // namespace crossover
