#pragma once

#include <span>

#include "reports/statistics/location.hpp"

namespace crossover {

/// The same share of both sides of a block.
struct side_shares {
  double baseline = 0;
  double candidate = 0;
};

/// Returns the log ratio, log(new/old), of the total time of a block: of the means of all slices.
/// Slices that are slow count in full; `block_log_ratio` ignores them if they are rare. Odd: with
/// the sides exchanged it is the negative, which keeps the sign-flip test exact. Throws `error`
/// (invalid) if a side has no slice or a figure is not positive.
double total_log_ratio(std::span<const slice> slices);

/// A slice is slow above this multiple of the location of its side's slices.
inline constexpr double slow_factor = 1.5;

/// Returns the share of slow slices of each side. Each side is compared with its own location in
/// the block, so a program that is slower throughout has no more slow slices, and the difference of
/// the shares is odd. Throws `error` (invalid) if a side has no slice.
side_shares slow_shares(std::span<const slice> slices);

}  // namespace crossover
