#pragma once

#include <cstddef>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// Whether the blocks of these cells of one contest settle it: their scatter makes every interval
/// narrow enough to decide, whoever leads. `equal`: models within this share of the best count as
/// equivalent. A contest with fewer than two contenders is settled by the first look.
bool blocks_settle(const results& all, const std::vector<std::size_t>& cells, double equal);

}  // namespace crossover
