#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reports/statistics/sign_flip.hpp"

namespace crossover {

/// One block of one cell: a pair of fresh processes.
struct block {
  double log_ratio = 0;     ///< log(new/old), oriented so that positive is worse
  std::uint64_t round = 0;  ///< blocks of different cells with the same round were measured
                            ///< together, in one draw of the order
};

/// The blocks of one cell, and the null it is tested against.
struct tested_cell {
  std::vector<block> blocks;
  double null = 0;  ///< H0: the mean log ratio is at most this
};

/// Westfall & Young's step-down maxT over cells (Resampling-Based Multiple Testing, 1993,
/// algorithm 4.1; Ge, Dudoit & Speed 2003, box 2): adjusted p-values, in the order of `cells`, such
/// that rejecting those <= a makes the chance of any false rejection at most a, whatever the noise
/// and however the cells depend on each other within a round.
///
/// Blocks of the same round are flipped together, blocks of different rounds independently: what
/// cells share in a round (a neighbour's burst) is kept, and cells that were not aligned need only
/// different round numbers. The statistic is Student's t of the flipped blocks, brought to the
/// normal scale of its own degrees of freedom (Wallace 1959), so that cells with 7 and with 40
/// blocks can be ranked together; this only ranks: the level is exact by the flips. All patterns
/// are enumerated for up to `enumerate_up_to` rounds, else drawn with p = (1+b)/(1+B). A cell
/// without blocks has p = 1.
std::vector<double> step_down_p(std::span<const tested_cell> cells,
                                const flip_options& options = {});

}  // namespace crossover
