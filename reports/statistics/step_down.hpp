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

/// Blocks of one cell and the null they are tested against.
struct tested_cell {
  std::vector<block> blocks;
  double null = 0;  ///< H0: the mean log ratio is at most this
};

/// Westfall & Young's step-down maxT over cells (Resampling-Based Multiple Testing, 1993, algorithm
/// 4.1; Ge, Dudoit & Speed 2003, box 2). Returns adjusted p-values in the order of `cells`.
/// Rejecting those <= a keeps the probability of any false rejection at most a, for any noise and
/// any dependence between cells within a round. A cell without blocks has p = 1.
///
/// Blocks of the same round are flipped together, blocks of different rounds independently.
/// Disturbances that cells share in a round are kept; cells measured apart only need different
/// round numbers. The statistic is Student's t of the flipped blocks on the normal scale (Wallace
/// 1959), so that cells with 7 and with 40 blocks can be ranked together. It is only used to rank:
/// the flips make the level exact. All patterns are enumerated for up to `enumerate_up_to` rounds,
/// otherwise drawn with p = (1+b)/(1+B).
std::vector<double> step_down_p(std::span<const tested_cell> cells,
                                const flip_options& options = {});

}  // namespace crossover
