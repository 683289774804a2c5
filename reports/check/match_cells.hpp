#pragma once

#include <utility>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/check/comparison.hpp"

namespace crossover {

/// One cell measured on both sides.
struct cell_pair {
  const cell_result* baseline;
  const cell_result* candidate;
};

/// Pairs the cells of both sides by name, in the candidate's order. Adds those without a pair to
/// the lists of `result`: failing, removed, added or skipped. The pointers refer to the arguments.
std::vector<cell_pair> match_cells(const results& baseline, const results& candidate,
                                   check_result& result);

}  // namespace crossover
