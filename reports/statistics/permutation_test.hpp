#pragma once

#include <span>

#include "reports/statistics/sign_flip.hpp"

namespace crossover {

/// One-sided permutation test of two independent samples (Fisher 1935): "the mean of `candidate` is
/// at most that of `baseline`" against "it is greater". Returns the p-value; 1 if a side is empty.
///
/// The null makes the values exchangeable, so each choice of the candidate's values among all
/// values is equally likely. The p-value is the share of choices whose sum is at least the observed
/// one. All choices are counted if there are at most `draws`; otherwise that many random ones, with
/// p = (1 + b) / (1 + B) (Phipson & Smyth 2010). `enumerate_up_to` is not used.
double permutation_p(std::span<const double> baseline, std::span<const double> candidate,
                     const flip_options& options = {});

}  // namespace crossover
