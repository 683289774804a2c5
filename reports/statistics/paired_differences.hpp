#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace crossover {

/// One value per block, in the order of measuring; absent if the block has no sample of the model.
using block_values = std::vector<std::optional<double>>;

/// Lag-1 autocorrelation of the differences of one contest, or of all contests of a run.
struct autocorrelation_estimate {
  double weighted_sum = 0;  ///< mean times information
  /// Number of independent differences: (models - 1) times blocks, summed over the contests. The
  /// standard error of the mean is 1 / sqrt(information).
  double information = 0;

  void add(const autocorrelation_estimate& other);
};

/// Estimates the autocorrelation of a contest, pooled over the pairs of its models. `anchor` as in
/// `paired_differences`. Throws std::invalid_argument if the series differ in length.
autocorrelation_estimate autocorrelation_of(const std::vector<block_values>& models,
                                            const block_values& anchor = {});

/// Estimated difference of two models' means.
struct paired_difference {
  double mean = 0;
  double standard_error = 0;  ///< corrected for the autocorrelation of the blocks
  double degrees = 0;         ///< degrees of freedom of the standard error, above 0
  std::size_t blocks = 0;     ///< number of common blocks
};

/// The differences of all pairs of models.
class difference_table {
 public:
  explicit difference_table(std::size_t models) : models_(models), pairs_(models * models) {}

  std::size_t models() const { return models_; }

  /// Mean of `first` minus mean of `second`; nullopt if they share too few blocks.
  std::optional<paired_difference> at(std::size_t first, std::size_t second) const {
    return pairs_[first * models_ + second];
  }

  /// Sets the pair and its mirror image.
  void set(std::size_t first, std::size_t second, const paired_difference& difference);

 private:
  std::size_t models_;
  std::vector<std::optional<paired_difference>> pairs_;
};

/// Estimates all pairs. A pair uses every block that has a value of both models, so an absent model
/// does not affect the pairs of the others. `anchor` is a series measured with every model, such as
/// `reference`. If a pair shares fewer than two blocks, and the anchor shares two or more with each
/// of the two, the estimate is the difference of their differences to the anchor (Welch 1947). It
/// is assumed, not checked, that absence from a block is independent of the model's speed in it.
///
/// Each pair has its own variance: no sphericity is assumed. The variance allows for first-order
/// autocorrelation of the blocks. Its cause is the machine, which all contests of a run share, and
/// ten blocks of one contest give little information on it. So the estimate is that of the `run`,
/// this contest included; without one, that of this contest. One standard error is added, because a
/// stopping rule prefers blocks whose autocorrelation is underestimated. A contest whose own
/// estimate is higher by more than its standard error keeps the rest. A figure below 0.15 counts as
/// 0.15.
///
/// Throws std::invalid_argument if the series differ in length.
difference_table paired_differences(const std::vector<block_values>& models,
                                    const block_values& anchor = {},
                                    const autocorrelation_estimate& run = {});

}  // namespace crossover
