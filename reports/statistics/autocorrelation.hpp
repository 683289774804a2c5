#pragma once

#include <cstddef>
#include <span>

namespace crossover {

/// Lag-1 autocorrelation of a series about its own mean, in the order of the values; 0 if the
/// series has fewer than three values or no scatter. Biased low by about (1 + 4 rho) / n.
double lag_one_autocorrelation(std::span<const double> values);

/// Removes the bias of `lag_one_autocorrelation` to the first order (Marriott & Pope 1954).
double corrected_autocorrelation(double lag_one, double n);

/// Variance of the mean of n values of a first-order autoregressive series, divided by s^2 / n; s^2
/// is the sample variance of the same values. n at least 2, 0 <= rho < 1.
/// Bayley & Hammersley 1946: f = 1 + 2 sum (1 - k/n) rho^k, and s^2 itself is low by
/// (n - f) / (n - 1).
double variance_inflation(std::size_t n, double rho);

/// Number of independent values whose mean varies as much as that of n correlated ones: n / f.
double effective_sample_size(std::size_t n, double rho);

}  // namespace crossover
