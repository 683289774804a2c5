#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/results/metrics.hpp"
#include "bench/results/results.hpp"
#include "reports/statistics/interval.hpp"

namespace crossover {

/// Change of one metric of a cell that both results have.
struct change {
  std::size_t now = 0;  ///< index into the new results' cells
  interval before;
  interval ratio;            ///< new over old; bounds as in `compare_files`
  std::string_view verdict;  ///< regression, improved, pass or inconclusive
  std::string because;       ///< more failed operations, if they and not the metric decide
};

/// Compares one metric of all cells with that name in both results, as `crossover check --metric`
/// compares the two files. Cells without a ratio are left out. Throws `error` like `compare_files`.
std::vector<change> changes_in(const metric& of, const results& baseline, const results& now);

/// Returns the headline of `crossover check` for the two files.
std::string check_headline(const results& baseline, const results& now);

}  // namespace crossover
