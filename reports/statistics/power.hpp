#pragma once

#include <optional>

namespace crossover {

/// The chance that a one-sided sign-flip test over `blocks` blocks rejects at `level`, where the
/// true mean lies `shift` above the null and blocks scatter normally with s.d. `sd` (both as log
/// ratios).
///
/// The test's real level is the greatest multiple of 2^-blocks that is at most `level`. At fewer
/// than 8 multiples it is close to "all blocks lie above the null", whose chance
/// Phi(shift/sd)^blocks is taken, which errs towards more blocks; from there on it has the power of
/// Student's t at its real level (non-central t with shift sqrt(blocks) / sd; Hoeffding 1952, "The
/// large-sample power of tests based on permutations"). 0 where there are too few blocks to reject
/// at all.
double sign_flip_power(unsigned blocks, double sd, double shift, double level);

/// The fewest blocks with at least this power, or nothing where 1,000 are not enough (or `shift` is
/// not positive).
std::optional<unsigned> blocks_for_power(double sd, double shift, double level, double power);

/// The smallest shift that `blocks` blocks show with this power: infinity where they cannot reject
/// at `level`.
double visible_shift(unsigned blocks, double sd, double level, double power);

/// An upper bound, holding with `confidence`, on the s.d. of which `sd` was seen in `blocks` blocks
/// (chi-squared, normal noise). Plans made from few blocks use it, lest half of them be too small.
/// Infinity for fewer than two blocks.
double sd_at_most(double sd, unsigned blocks, double confidence);

}  // namespace crossover
