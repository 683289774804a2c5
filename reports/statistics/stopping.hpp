#pragma once

#include <cstddef>
#include <optional>

#include "reports/statistics/ranking.hpp"

namespace crossover {

/// How many blocks a contest gets. Everything here looks at the scatter of the blocks alone: adding
/// a constant to any model's logs changes no answer. The mean of normal values is independent of
/// their scatter, so stopping by scatter does not select favourable means (Stein 1945; Chow &
/// Robbins 1965 for looking repeatedly). What is left is that the scatter at the moment of stopping
/// is low more often than high; few looks and a first one at eight blocks keep that small.
struct stopping_rule {
  ranking_options ranking;
  std::size_t first_look = 8;
  std::size_t most_blocks = 128;  ///< the contest's share of the budget
};

/// Half width that decides every contest: if no interval of a difference is wider to either side
/// than half the margin, then each model that may be the best is within the margin of the best.
double sufficient_half_width(double margin);

/// The smallest number above `blocks` at which the rule looks at the scatter: `first_look` times
/// 1, 1.5, 2, 3, 4, 6, 8, ..., at most `most_blocks`; nullopt from `most_blocks` on.
std::optional<std::size_t> next_look(const stopping_rule& rule, std::size_t blocks);

/// Half width of the widest interval of all pairs; nullopt if a pair has none.
std::optional<double> widest_half_width(const difference_table& differences,
                                        const ranking_options& options);

/// Whether the intervals are narrow enough at a look.
bool is_settled(const difference_table& differences, const stopping_rule& rule);

/// Estimated number of blocks at which the widest interval is narrow enough, `blocks` being the
/// number so far; not limited to `most_blocks`. nullopt if a pair has too few blocks to say.
std::optional<std::size_t> blocks_wanted(const difference_table& differences, std::size_t blocks,
                                         const stopping_rule& rule);

}  // namespace crossover
