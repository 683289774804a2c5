#pragma once

#include <optional>

namespace crossover {

/// Returns the probability that a one-sided sign-flip test over `blocks` blocks rejects at `level`,
/// if the true mean is `shift` above the null and blocks scatter normally with s.d. `sd` (both as
/// log ratios). 0 if there are too few blocks to reject at all.
///
/// The attained level is the greatest multiple of 2^-blocks that is at most `level`. Below 8
/// multiples the test is close to "all blocks are above the null", whose probability
/// Phi(shift/sd)^blocks is used; it errs towards more blocks. From 8 multiples the test has the
/// power of Student's t at the attained level (non-central t with shift sqrt(blocks) / sd;
/// Hoeffding 1952, "The large-sample power of tests based on permutations").
double sign_flip_power(unsigned blocks, double sd, double shift, double level);

/// Returns the fewest blocks with at least this power; nullopt if 1,000 are not enough or `shift`
/// is not positive.
std::optional<unsigned> blocks_for_power(double sd, double shift, double level, double power);

/// Returns the smallest shift that `blocks` blocks detect with this power; infinity if they cannot
/// reject at `level`.
double visible_shift(unsigned blocks, double sd, double level, double power);

/// Returns an upper bound, valid with `confidence`, on the true s.d. if `sd` was observed in
/// `blocks` blocks (chi-squared, normal noise). Used to plan from few blocks; otherwise half of
/// those plans would be too small. Infinity for fewer than two blocks.
double sd_at_most(double sd, unsigned blocks, double confidence);

}  // namespace crossover
