#pragma once

#include "bench/measure/plan.hpp"

namespace crossover {

/// Returns the result of a planned cell before the run, with the blocks that `earlier` has of an
/// interrupted one. Findings and failures that follow from the blocks are left out, because they
/// are judged again at the end. A refused cell has no blocks: its program is asked again.
cell_result continued_cell(const planned_cell& cell, cell_result earlier);

}  // namespace crossover
