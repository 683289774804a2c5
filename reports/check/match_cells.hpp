#pragma once

#include <utility>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/check/comparison.hpp"

namespace crossover {

/// A cell as both sides measured it.
struct cell_pair {
  const cell_result* old_cell;
  const cell_result* new_cell;
};

/// Pairs the cells of the two by name, in the order of the new ones, and enters those without a
/// pair into `found`'s lists: what failed, removed, is new or skipped. The pointers are into the
/// arguments.
std::vector<cell_pair> match_cells(const results& old_results, const results& new_results,
                                   check_result& found);

}  // namespace crossover
