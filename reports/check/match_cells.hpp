#pragma once

#include <utility>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/check/comparison.hpp"

namespace crossover {

/// One cell measured on both sides.
struct cell_pair {
  const cell_result* old_cell;
  const cell_result* new_cell;
};

/// Pairs the cells of both sides by name, in the candidate's order. Adds those without a pair to
/// the lists of `found`: failing, removed, added or skipped. The pointers refer to the arguments.
std::vector<cell_pair> match_cells(const results& old_results, const results& new_results,
                                   check_result& found);

}  // namespace crossover
