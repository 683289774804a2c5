#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/measure/arm.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

struct block_options {
  double seconds = 0.08;    ///< window time per arm, over all its slices
  double warm_up_s = 0.02;  ///< unmeasured window of each fresh process
};

/// Record of one arm in one block.
struct arm_record {
  std::optional<sample> total;  ///< sum over its windows; nullopt if the arm failed
  std::optional<error> failure;
  double idle_cpu_s = 0;  ///< CPU time used during the other arms' turns
  double idle_s = 0;      ///< duration of the other arms' turns
  bool has_windows = true;
  std::vector<finding> findings;
  std::map<std::string, std::string> environment;
};

/// Measures one block: fresh processes of all arms, a warm-up, then rounds. In each round every arm
/// runs one slice in random order and another in the reverse order. A slice lasts at least 20 ms
/// and at least four operations per lane. An arm that fails is left out of the rest of the block.
/// Throws `interrupted`.
std::vector<arm_record> measure_block(const std::vector<const planned_cell*>& cells,
                                      const arm_factory& make, const block_options& plan,
                                      std::mt19937_64& random);

/// Returns the plan of a cell's slices, given the sample of its warm-up.
slice_plan slice_for(const planned_cell& cell, const sample& warm_up);

/// Adds the sample of a slice to the sample of its block.
void add_slice(sample& total, const sample& slice);

}  // namespace crossover
