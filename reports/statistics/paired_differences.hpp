#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace crossover {

/// One value per block, in the order of measuring; absent if the block has no sample of the model.
using block_values = std::vector<std::optional<double>>;
/// The host that measured each block, in the same order. Empty: one host measured all.
using block_hosts = std::vector<std::uint32_t>;

/// Lag-1 autocorrelation of the differences of one contest, or of all contests of a run.
struct autocorrelation_estimate {
  double weighted_sum = 0;  ///< mean times information
  /// Number of independent differences: (models - 1) times blocks, summed over the contests. The
  /// standard error of the mean is 1 / sqrt(information).
  double information = 0;

  void add(const autocorrelation_estimate& other);
};

/// Estimates the autocorrelation of a contest, pooled over the pairs of its models and over the
/// hosts. `anchor` and `hosts` as in `paired_differences`. Throws std::invalid_argument if the
/// series differ in length.
autocorrelation_estimate autocorrelation_of(const std::vector<block_values>& models,
                                            const block_values& anchor = {},
                                            const block_hosts& hosts = {});

/// Estimated difference of two models' means.
struct paired_difference {
  double mean = 0;
  double standard_error = 0;  ///< corrected for the autocorrelation of the blocks
  double degrees = 0;         ///< degrees of freedom of the standard error, above 0
  std::size_t blocks = 0;     ///< number of common blocks
  std::size_t hosts = 1;      ///< number of hosts that measured them
  /// Part of the squared standard error that more blocks on the same hosts do not reduce.
  double host_variance = 0;
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
/// Over several hosts, the difference is that of a host of the same kind, which need not be one of
/// these: hosts differ at random. The mean is that of the hosts' means, each with the same weight.
/// Its standard error is their s.d. / sqrt(H), with H - 1 degrees of freedom, for H hosts. Both the
/// scatter between hosts and that of their blocks are in it. Hosts may have different numbers of
/// blocks and different scatter: the t-interval at 95 % or above is then conservative (Bakirov &
/// Szekely 2006; Ibragimov & Mueller 2010, section 2). For few values of skewed noise, the standard
/// error is increased as that of blocks with an autocorrelation of 0.15. It is never below that of
/// the same blocks if the hosts did not differ (as in Roever, Knapp & Friede 2015). A pair with
/// blocks on only one of several hosts has no estimate.
///
/// Throws std::invalid_argument if the series differ in length.
difference_table paired_differences(const std::vector<block_values>& models,
                                    const block_values& anchor = {},
                                    const autocorrelation_estimate& run = {},
                                    const block_hosts& hosts = {});

}  // namespace crossover
