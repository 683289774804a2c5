#pragma once

#include <cstdint>
#include <span>

namespace crossover {

/// Sign patterns to visit: all 2^n up to `enumerate_up_to` blocks, otherwise `draws` random ones
/// from `seed`, so that equal data always give equal answers.
struct flip_options {
  std::uint64_t seed = 1;
  unsigned draws = 19'999;
  unsigned enumerate_up_to = 13;
};

/// One-sided sign-flip permutation test of "the mean is at most `null`" against "it is greater".
/// Returns the p-value; 1 without values.
///
/// `values` are block log ratios, log(new/old) of a time, dimensionless, positive = slower. The
/// order of the arms is random in each block, so a block's deviation from the null is equally
/// likely to have either sign. The p-value is therefore exact for any noise distribution (Fisher
/// 1935; Lehmann & Romano, Testing Statistical Hypotheses, 15.2): the share of sign patterns whose
/// mean is at least the observed one. With random flips p = (1 + b) / (1 + B) (Phipson & Smyth
/// 2010), which is never 0.
double sign_flip_p(std::span<const double> values, double null, const flip_options& options = {});

/// One-sided confidence bounds on a mean; each is valid with confidence 1 - level.
struct mean_bounds {
  double lower;  ///< -infinity if there are too few blocks for the level
  double upper;  ///< +infinity if there are too few
};

/// Returns the exact inversion of `sign_flip_p`: the test rejects a null at `level` if and only if
/// it is below `lower`. A pattern that flips the subset A counts against the null t if and only if
/// the mean of A is at most t. The bounds are therefore order statistics of the means of all
/// non-empty subsets (Hartigan 1969, "Using subsample values as typical values").
mean_bounds bounds_of_mean(std::span<const double> values, double level,
                           const flip_options& options = {});

/// Returns the fewest blocks that let a sign-flip test reject at `level`: the smallest n with cells
/// * 2^-n <= level. `cells` are judged together, and each may reach its extreme under a different
/// pattern.
unsigned blocks_for_level(double level, unsigned cells = 1);

}  // namespace crossover
