#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "reports/statistics/step_down.hpp"

namespace crossover {

/// Code layout is fixed when a program is linked, and moves a cell's results by percents. Each side
/// is therefore linked several times, and link k of the baseline is paired with link k of the
/// candidate; both orders are random. All blocks of a pair share its layout, so the pair is the
/// unit whose sign is flipped: if the builds are equal, either link could have been the
/// candidate's. Blocks of one pair are averaged; more of them narrow only the noise within it.
///
/// Rules for the caller. Each link is in one pair. A screen and a confirmation on the same pairs
/// are not independent: a layout that looks slow in the screen looks slow again. Either the
/// confirmation has pairs of its own, or its p-values are adjusted over all cells of the suite, not
/// only over those that the screen selected. At least `blocks_for_level(level, cells)` pairs are
/// needed to reject at all.

/// One block measured with a pair of links.
struct paired_block {
  std::size_t pair = 0;
  double log_ratio = 0;
};

/// Returns one block per pair that has blocks: the mean of its log ratios. The round is the number
/// of the pair, so that `step_down_p` flips a pair in all cells together: they are measured with
/// the same links.
std::vector<block> blocks_of_pairs(std::span<const paired_block> blocks);

/// Scatter of a cell in the two levels (Kalibera & Jones 2013).
struct link_scatter {
  double between_pairs = 0;  ///< s.d. of a pair's true log ratio; 0 if not shown to be above 0
  double within_pair = 0;    ///< s.d. of a block within its pair
};

/// Estimates both levels by the analysis of variance with unequal group sizes. Zeros without two
/// pairs, of which one has two blocks.
link_scatter scatter_of(std::span<const paired_block> blocks);

/// Returns the s.d. of the mean of `pairs` pairs with `blocks_per_pair` blocks each. Blocks beyond
/// (within / between)^2 per pair hardly help.
double sd_of_mean(const link_scatter& scatter, std::size_t pairs, std::size_t blocks_per_pair);

}  // namespace crossover
