#pragma once

#include <cstddef>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// Returns true if the blocks of these cells settle their contest: with this scatter, every
/// interval is narrow enough to decide, whichever model leads. A contest with fewer than two
/// contenders is settled at the first look. With a fleet, this holds for every machine type that
/// has measured blocks.
bool blocks_settle(const results& all, const std::vector<std::size_t>& cells);

}  // namespace crossover
