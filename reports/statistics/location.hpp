#pragma once

#include <span>

namespace crossover {

enum class arm { old_arm, new_arm };

/// One slice of a block: an arm's turn of a few milliseconds, and the metric's figure of that turn
/// (> 0), as seconds an operation.
struct slice {
  arm which = arm::old_arm;
  double figure = 0;
};

/// The Hodges–Lehmann location: the median of the means of all pairs, each value with itself
/// included (Hodges & Lehmann 1963). Chosen over a trimmed mean because no slice is dropped for its
/// value and nothing is to be tuned: 95.5 % as efficient as the mean on normal noise, unmoved by up
/// to 29 % of slices that a neighbour's burst struck, and odd, location(-x) = -location(x), which
/// is what keeps the sign-flip test exact. What it does not see is a slowdown in a few slices only:
/// that is what the metric `p99` is for. NaN for no values.
double robust_location(std::span<const double> values);

/// The log ratio of a block, log(new/old) of the figure, from its slices in the order in which they
/// ran: groups of four, ABBA or BAAB, each giving mean log of the new arm less mean log of the old
/// (a linear drift within the four cancels); the block's figure is the robust location over the
/// groups. Throws `error` (invalid) unless the slices come in such fours with figures > 0.
double block_log_ratio(std::span<const slice> slices);

/// The log ratio of a block whose arms have figures that are not paired (repetitions of a foreign
/// program): the robust location of the logs of the new arm less that of the old. Throws `error`
/// (invalid) for an empty arm or a figure that is not > 0.
double block_log_ratio(std::span<const double> old_figures, std::span<const double> new_figures);

}  // namespace crossover
