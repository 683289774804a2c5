#pragma once

#include <random>
#include <string>

#include "bench/measure/block.hpp"
#include "bench/results/metrics.hpp"
#include "reports/check/paired_cells.hpp"

namespace crossover {

/// A block of two arms, the old side first.
struct measured_pair {
  measured_block record;
  std::string failures[2];
  double seconds = 0;  ///< wall time, with the starts of the processes
};

/// Measures one block. Throws `interrupted`.
measured_pair measure_pair(block_arm old_side, block_arm new_side, const block_options& plan,
                           std::mt19937_64& random);

/// Returns a slice's value of a metric, or its reciprocal if higher is better: greater is worse.
/// Throws `error` (unsupported) if the slice does not have the metric, or has a value of 0.
slice judged_slice(side which, const cell_result& cell, const sample& measured,
                   const metric& judged);

/// Returns what the gate needs to know about a block. Throws as `judged_slice` does.
pair_block judged_block(measured_pair measured, const cell_result& cell, const metric& judged);

}  // namespace crossover
