#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/cell/cell_process.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// One side of a comparison: a cell process and its preparation. Both sides get the same CPUs and
/// the same server.
struct duel_arm {
  std::vector<std::string> command;  ///< program and arguments, up to and including `cell`
  cell_preparation preparation;
};

/// Plan for measuring two arms against each other (duet benchmarking: Bulej et al. 2020). Two live
/// cell processes alternate on the same CPUs in short slices, in the order ABBA or BAAB, chosen at
/// random for each group of four.
struct duel_plan {
  std::uint32_t groups = 10;     ///< groups of four slices per block
  double slice_s = 0.02;         ///< measured time per slice
  std::uint64_t operations = 0;  ///< operations per slice, the same for both arms; 0: use `slice_s`
  double warm_up_s = 0.1;        ///< per process; its sample is discarded
  double grace_s = 20;
  bool starts_together = true;  ///< start both processes of a block at the same time; false if
                                ///< their start-up is compared
  std::uint64_t seed = 1;       ///< seeds the slice order and the environment padding
};

/// One group of four slices: two samples per arm.
struct duel_group {
  bool a_first = true;  ///< ABBA, otherwise BAAB
  sample a[2], b[2];
  /// Returns the log of B's time per operation over A's, from each arm's geometric mean.
  double log_ratio() const;
};

/// Slices of one pair of fresh processes. Each sample carries its arm's peak memory.
struct duel_block {
  std::vector<duel_group> groups;
  std::uint32_t padding_a = 0, padding_b = 0;  ///< bytes added to the environment, which shift the
                                               ///< stack (Mytkowicz et al. 2009)
};

/// Failure of one arm, with the message of its cause.
class arm_failure : public error {
 public:
  arm_failure(bool is_b, const error& cause);
  bool is_b() const { return is_b_; }

 private:
  bool is_b_;
};

/// Measures one block. Throws `arm_failure` and `interrupted`.
duel_block run_duel_block(const duel_arm& a, const duel_arm& b, const duel_plan& plan,
                          std::mt19937_64& random);

/// Takes a first look at an arm in a fresh process: after the warm-up, seven runs of `seconds` in
/// total. Returns the run with the median time per operation, which a neighbour's burst does not
/// move. Throws `error` and `interrupted`.
sample try_arm(const duel_arm& arm, const duel_plan& plan, double seconds);

}  // namespace crossover
