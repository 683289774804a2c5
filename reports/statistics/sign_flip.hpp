#pragma once

#include <cstdint>
#include <span>

namespace crossover {

/// How sign flips are gone through: all of them up to `enumerate_up_to` blocks (2^n patterns), else
/// `draws` random ones from `seed`, so that the same data give the same answer always.
struct flip_options {
  std::uint64_t seed = 1;
  unsigned draws = 19'999;
  unsigned enumerate_up_to = 13;
};

/// The one-sided sign-flip permutation test of "the mean is at most `null`" against "it is
/// greater".
///
/// `values` are block log ratios, log(new/old) of a time, dimensionless, positive = slower. Because
/// the order of the arms was drawn at random in each block, a block's deviation from the null is as
/// likely to have either sign, and the p-value is exact for any distribution of noise (Fisher 1935;
/// Lehmann & Romano, Testing Statistical Hypotheses, 15.2): the share of sign patterns whose mean
/// is at least the observed one. With random flips p = (1 + b) / (1 + B) (Phipson & Smyth 2010),
/// which is never 0. No values give 1.
double sign_flip_p(std::span<const double> values, double null, const flip_options& options = {});

/// One-sided confidence bounds on a mean: each holds with 1 - level on its own.
struct mean_bounds {
  double lower;  ///< -infinity where there are too few blocks for the level
  double upper;  ///< +infinity likewise
};

/// The bounds that invert `sign_flip_p` exactly: a null is below `lower` if and only if the test
/// rejects it at `level`. A pattern that flips the subset A counts against the null t if and only
/// if the mean of A is at most t, so the bounds are order statistics of the means of all non-empty
/// subsets (Hartigan 1969, "Using subsample values as typical values").
mean_bounds bounds_of_mean(std::span<const double> values, double level,
                           const flip_options& options = {});

/// How many blocks a sign-flip test needs before it can reject at `level` at all: the least n with
/// 2^-n <= level, divided among `cells` cells that are judged together (each may reach its extreme
/// under a pattern of its own).
unsigned blocks_for_level(double level, unsigned cells = 1);

}  // namespace crossover
