#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace crossover {

/// A regime is a state that a process enters at its start with some probability and keeps, for
/// example a placement or an alignment. n blocks without it exclude only regimes above some share.

/// Returns the smallest share of processes that n blocks would have met with this confidence:
/// 1 - (1 - confidence)^(1/n). Rarer regimes are not excluded. 1 for no block.
double unseen_share(std::size_t blocks, double confidence = 0.95);

/// Returns the fewest blocks that meet a regime of this share at least once with this confidence.
/// Throws std::invalid_argument unless the share is in (0, 1).
std::size_t blocks_to_meet(double share, double confidence = 0.95);

/// Returns the fewest blocks that show a regime of this share to be a regression with this power,
/// if only the candidate enters it and it exceeds all other noise. A sign-flip test at `level`
/// needs log2(1 / level) blocks in the regime; `cells` are judged together. Throws
/// std::invalid_argument unless the share is in (0, 1).
std::size_t blocks_to_show(double share, double level, unsigned cells = 1, double power = 0.95);

/// Two groups of blocks.
struct two_regimes {
  double gap = 0;                 ///< distance of the groups: a log ratio
  double near = 0;                ///< mean log ratio of the group near the median
  std::size_t slower_blocks = 0;  ///< blocks with only the candidate in the slow regime
  std::size_t faster_blocks = 0;  ///< blocks with only the baseline in it
};

/// Splits the blocks' log ratios by their distance from the median. nullopt if two groups explain
/// the distances no better than for normal noise. The split with the smallest sum of squares is
/// compared with that of 999 simulated samples, at the level of 1 %. Both sides may enter a regime,
/// so a block can be far on either side of the median.
std::optional<two_regimes> regimes_in(std::span<const double> log_ratios);

/// Returns an upper bound on the mean log ratio that allows for regimes met too rarely: the mean of
/// the near group, plus the gap times the largest excess of the candidate's share that the counts
/// do not exclude (Clopper & Pearson 1934, each side at half of `level`). The sign-flip bound of
/// few blocks is the mean of few of them, which says nothing about a regime that one side happened
/// not to enter.
double upper_bound(const two_regimes& regimes, std::size_t blocks, double level);

}  // namespace crossover
