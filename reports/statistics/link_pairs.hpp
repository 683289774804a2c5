#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "reports/statistics/step_down.hpp"

namespace crossover {

/// Code layout is fixed when a program is linked, and moves a cell's results by percents. Each side
/// is therefore linked several times, and each link of the baseline is paired with one of the
/// candidate at random. All blocks of a pair share its layout, so the pair is the unit whose sign
/// is flipped: if the builds are equal, either link could have been the candidate's. Blocks of one
/// pair are averaged; more of them narrow only the noise within it. The round of a block is the
/// number of its pair: cells of the same round were measured with the same links, and are flipped
/// together.
///
/// Rules for the caller. Each link is in one pair. A screen and a confirmation have different
/// pairs: a layout that looks slow in the screen would look slow again. At least
/// `blocks_for_level(level, cells)` pairs are needed to reject at all.

/// Returns one block per round, in ascending order: the mean of its log ratios.
std::vector<block> means_of_rounds(std::span<const block> blocks);

/// Scatter of a cell in the two levels (Kalibera & Jones 2013).
struct link_scatter {
  double between_pairs = 0;  ///< s.d. of a pair's true log ratio; 0 if not shown to be above 0
  double within_pair = 0;    ///< s.d. of a block within its pair; 0 without a pair of two blocks
};

/// Estimates both levels by the analysis of variance with unequal group sizes, about a mean of
/// `null`. Neither estimate changes if the deviations of a pair from `null` change their sign, so
/// a number of blocks that depends on them leaves the sign-flip test exact.
link_scatter scatter_of(std::span<const block> blocks, double null);

/// Returns whether more blocks of the same pairs hardly help: by an F-test at 1 %, the variance
/// between pairs exceeds the noise that their blocks leave in their means. An estimate alone would
/// often exceed it by chance, if some blocks are disturbed. False with fewer than two blocks per
/// pair. Unchanged by signs, as above.
bool layout_dominates(std::span<const block> blocks, double null);

}  // namespace crossover
