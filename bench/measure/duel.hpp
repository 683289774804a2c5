#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/cell/cell_process.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// One side of a comparison: a cell process and what it prepares. Both sides are given the same
/// CPUs and the same server.
struct duel_arm {
  std::vector<std::string> command;  ///< up to and with `cell`
  cell_preparation what;
};

/// How two arms are measured against each other (duet benchmarking: Bulej et al. 2020): two live
/// cell processes take turns on the same CPUs in short slices, in the order ABBA or BAAB, drawn at
/// random for each group of four.
struct duel_plan {
  std::uint32_t blocks = 10;     ///< pairs of fresh processes: the unit of statistics
  std::uint32_t groups = 10;     ///< groups of four slices a block
  double slice_s = 0.02;         ///< measured time of a slice
  std::uint64_t operations = 0;  ///< more than 0: a slice is so many operations instead, so that
                                 ///< both arms do the same work
  double warm_up_s = 0.1;        ///< of each process, thrown away
  double grace_s = 20;
  bool starts_together = true;  ///< both processes of a block are loaded at the same time; false
                                ///< where their start is what is compared
  std::uint64_t seed = 1;       ///< of the order and of the environments' sizes
};

/// One group of four slices: the whole samples of the two slices of each arm.
struct duel_group {
  bool a_first = true;  ///< ABBA, else BAAB
  sample a[2], b[2];
  /// log of B's time an operation over A's, from the geometric mean of each arm's two slices.
  double log_ratio() const;
};

/// One pair of fresh processes. The arms' peak memory stands in each of their samples.
struct duel_block {
  std::vector<duel_group> groups;
  std::uint32_t padding_a = 0, padding_b = 0;  ///< bytes added to the environment, which move the
                                               ///< stack (Mytkowicz et al. 2009)
};

/// An arm did not do what was asked; the message names it.
class arm_failure : public error {
 public:
  arm_failure(bool is_b, const error& why);
  bool is_b() const { return is_b_; }

 private:
  bool is_b_;
};

/// One block. Throws `arm_failure` and `interrupted`.
duel_block run_duel_block(const duel_arm& a, const duel_arm& b, const duel_plan& plan,
                          std::mt19937_64& random);

/// Runs the plan's blocks.
std::vector<duel_block> run_duel(const duel_arm& a, const duel_arm& b, const duel_plan& plan);

/// A first look at an arm in one fresh process: after the plan's warm-up seven runs, `seconds`
/// together; the one whose operations took the median time, which a neighbour's burst does not
/// move. Throws `error` and `interrupted`.
sample try_arm(const duel_arm& arm, const duel_plan& plan, double seconds);

}  // namespace crossover
