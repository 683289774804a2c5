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

/// What one arm did in one block.
struct arm_record {
  std::optional<sample> total;  ///< its windows added up; nullopt if the arm failed
  std::optional<error> failure;
  double idle_cpu_s = 0;  ///< CPU time used while other arms had their turns
  double idle_s = 0;      ///< time in which other arms had their turns
  bool has_windows = true;
  std::vector<finding> findings;
  std::map<std::string, std::string> environment;
};

/// Measures one block: fresh processes of all arms, a warm-up, then rounds. In a round every arm
/// takes one slice in random order and one more in the reverse order. A slice is at least 20 ms and
/// four operations per lane. An arm that fails is left out of the rest of the block. Throws
/// `interrupted`.
std::vector<arm_record> measure_block(const std::vector<const planned_cell*>& cells,
                                      const arm_factory& make, const block_options& plan,
                                      std::mt19937_64& random);

/// Returns the plan of the slices for a cell whose warm-up gave this sample.
slice_plan slice_for(const planned_cell& cell, const sample& warm_up);

/// Adds a slice to the sample of a block.
void add_slice(sample& total, const sample& slice);

}  // namespace crossover
