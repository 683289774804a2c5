#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/measure/arm.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// Minimum length of a window of a planned slice, if operations cannot take longer.
constexpr double min_window_s = 0.04;

/// One contender of a block.
struct block_arm {
  cell_spec cell;
  std::function<std::unique_ptr<arm>()> make;  ///< starts its process
  std::optional<slice_plan> slice = {};  ///< `arm_record::slice` of an earlier block: no warm-up
};

struct block_options {
  double seconds = 0.08;    ///< window time per arm, over all its slices
  double warm_up_s = 0.02;  ///< unmeasured window of each fresh process; 0: no warm-up
  /// Slice of every turn, and the number of rounds. Without it a slice lasts at least 40 ms and
  /// four operations per lane, and the rounds fill `seconds`.
  std::optional<slice_plan> slice = {};
  int rounds = 1;
  /// Each turn begins when the arm of the turn before has gone to sleep. Builds of one model leave
  /// the same work behind, which cancels, and take turns of 1 ms.
  bool waits_for_sleep = true;
  bool starts_together = false;  ///< all processes are started before the first is awaited
};

/// Record of one arm in one block.
struct arm_record {
  std::optional<sample> total;  ///< sum over its slices; nullopt if the arm failed
  std::optional<error> failure;
  /// CPU time used during the other arms' turns; nullopt if it cannot be read.
  std::optional<double> idle_cpu_s = 0;
  double idle_s = 0;  ///< duration of the other arms' turns
  bool has_windows = true;
  std::vector<finding> findings;
  std::map<std::string, std::string> environment;
  /// Plan for later blocks; set if the arm has many workers, so that a slice takes seconds to end.
  std::optional<slice_plan> slice;
};

/// One slice of a block.
struct block_turn {
  std::size_t arm = 0;
  sample measured;
};

struct measured_block {
  std::vector<arm_record> arms;
  std::vector<block_turn> turns;  ///< in order of time
};

/// Measures one block: fresh processes of all arms, a warm-up, then rounds. In each round every arm
/// runs one slice in random order and another in the reverse order (two arms: ABBA or BAAB). An arm
/// of more than 768 workers runs one slice of twice the length instead. An arm
/// without any operation then runs longer slices, unless the slices are given. An arm that fails is
/// left out of the rest of the block. Throws `interrupted`.
measured_block measure_block(const std::vector<block_arm>& contenders, const block_options& plan,
                             std::mt19937_64& random);

/// Returns one contender per cell, started by the factory. Both must outlive the result.
std::vector<block_arm> contenders_of(const std::vector<const cell_spec*>& cells,
                                     const arm_factory& make);

/// Returns the plan of a cell's slices, given the sample of its warm-up.
slice_plan slice_for(const cell_spec& cell, const sample& warm_up);

/// Adds the sample of a slice to the sample of its block.
void add_slice(sample& total, const sample& slice);

}  // namespace crossover
