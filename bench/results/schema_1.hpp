#pragma once

#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// Gives cells of a schema 1 document (up to November 2026) the meaning of schema 2, which renamed
/// keys and finding codes, and made the rate a member of a cell. Samples are read under both names;
/// only `start_s` has another meaning.
void upgrade_from_schema_1(std::vector<cell_result>& cells);

}  // namespace crossover
