#pragma once

#include <cstddef>
#include <optional>

#include "reports/statistics/ranking.hpp"

namespace crossover {

/// Rule for the number of blocks of a contest. It depends only on the scatter of the blocks: adding
/// a constant to any model's logs has no effect. The mean of normal values is independent of their
/// scatter, so stopping by scatter does not select favourable means (Stein 1945; Chow & Robbins
/// 1965 for repeated looks). One bias remains: when the rule stops, the scatter is low more often
/// than high. Few looks, the first at eight blocks, keep it small.
struct stopping_rule {
  ranking_options ranking;
  std::size_t first_look = 8;
  std::size_t most_blocks = 128;  ///< the contest's share of the budget
};

/// Half width that decides every contest. If no half width of a difference exceeds half the margin,
/// then each model that may be the best is within the margin of the best.
double sufficient_half_width(double margin);

/// Number of blocks of the next look at the scatter, above `blocks`: `first_look` times 1, 1.5, 2,
/// 3, 4, 6, 8, ..., at most `most_blocks`; nullopt from `most_blocks` on.
std::optional<std::size_t> next_look(const stopping_rule& rule, std::size_t blocks);

/// Half width of the widest interval of all pairs; nullopt if a pair has none.
std::optional<double> widest_half_width(const difference_table& differences,
                                        const ranking_options& options);

/// Returns true if the intervals are narrow enough at a look.
bool is_settled(const difference_table& differences, const stopping_rule& rule);

/// Estimated number of blocks that makes the widest interval narrow enough; not limited to
/// `most_blocks`. `blocks`: the current number. nullopt if a pair has too few blocks for an
/// estimate, or if the hosts differ so much that no number of blocks on them is enough.
std::optional<std::size_t> blocks_wanted(const difference_table& differences, std::size_t blocks,
                                         const stopping_rule& rule);

/// Estimated number of hosts, each with as many blocks as those so far, that makes the widest
/// interval narrow enough. nullopt with one host, or if a pair has too few blocks for an estimate.
std::optional<std::size_t> hosts_wanted(const difference_table& differences,
                                        const stopping_rule& rule);

}  // namespace crossover
