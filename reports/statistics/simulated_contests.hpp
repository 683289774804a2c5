#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "reports/statistics/stopping.hpp"

namespace crossover {

/// Noise of the blocks of a simulated contest.
enum class contest_noise {
  normal,
  common_drift,  ///< autocorrelation 0.3 from block to block, common to all models, plus normal
  own_drift,     ///< the same autocorrelation, for each model on its own
  heavy_tailed,  ///< Student's t with 3 degrees of freedom
  bimodal,       ///< each process enters one of two equally frequent regimes
  slow_regime,   ///< each process enters a slower regime in one block of five
  rare_regime,   ///< normal; the first model is 20 % slower in one block of ten, beside its scatter
};

/// One kind of contest, to be simulated many times.
struct simulated_contest {
  std::vector<double> truth;  ///< log throughput of each model
  contest_noise noise = contest_noise::normal;
  /// Root mean square s.d. of a paired log ratio. The noisiest model scatters three times as much
  /// as the quietest.
  double scatter = 0.02;
  /// Other contests of the same run, of two models each, and their noise. They are not judged
  /// and only add to the estimate of the autocorrelation.
  std::size_t beside = 15;
  std::optional<contest_noise> noise_beside = {};  ///< nullopt: the same
  std::size_t hosts = 1;
  double host_scatter =
      0;                 ///< s.d. of a paired log ratio between hosts, also in the other contests
  bool unequal = false;  ///< the first host has three of four blocks; otherwise hosts take turns
};

/// Returns the hosts that measure the first blocks of a contest.
block_hosts hosts_of(const simulated_contest& contest, std::size_t blocks);

/// Draws the blocks of simulated contests.
class contest_simulator {
 public:
  explicit contest_simulator(std::uint64_t seed) : random_(seed) {}

  /// Log throughput of each model in each of `blocks` blocks.
  std::vector<block_values> draw(const simulated_contest& contest, std::size_t blocks);
  /// The same for each of the other contests of the run.
  std::vector<std::vector<block_values>> draw_beside(const simulated_contest& contest,
                                                     std::size_t blocks);

 private:
  double normal() { return normal_(random_); }
  bool chance(double probability) { return uniform_(random_) < probability; }

  /// Noise of one model in one block, with mean 0 and standard deviation 1.
  double own_noise(contest_noise noise, double& drift);

  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
};

/// Counts of right and wrong verdicts in simulated contests.
struct simulation_counts {
  std::size_t contests = 0;
  std::size_t covered = 0;           ///< all intervals contain their true ratios
  std::size_t wrong_best = 0;        ///< a model is called best, and another is as fast or faster
  std::size_t wrong_equivalent = 0;  ///< a model is called equivalent, and is outside the margin
  std::size_t decided = 0;           ///< best or equivalent
  std::size_t blocks = 0;            ///< sum over all contests
};

/// A contest that has ended.
struct played_contest {
  std::vector<block_values> blocks;  ///< up to the number that the rule stops at
  block_hosts hosts;                 ///< of the blocks
  ranking_options ranking;           ///< with the autocorrelation of the run
};

/// Returns the contest and its run when the rule stops it. `beside`: the other contests of the run.
played_contest play(const std::vector<block_values>& all_blocks,
                    const std::vector<std::vector<block_values>>& beside, const stopping_rule& rule,
                    const block_hosts& hosts = {});

/// Plays many contests of one kind and compares the verdicts with the truth.
simulation_counts simulate(const simulated_contest& contest, const stopping_rule& rule,
                           std::size_t contests, std::uint64_t seed);

/// Intervals of the ratio of the leading model to `reference` in simulated contests.
struct reference_counts {
  std::size_t contests = 0;
  std::size_t covered = 0;  ///< the interval contains the true ratio
  double half_width = 0;    ///< of the log ratio, median over all contests
};

/// Plays many contests of one kind whose last series is `reference`. The rule for the number
/// of blocks does not see it.
reference_counts simulate_reference(const simulated_contest& contest, const stopping_rule& rule,
                                    std::size_t contests, std::uint64_t seed);

}  // namespace crossover
