#pragma once

#include <span>

namespace crossover {

/// Returns the two-sided p-value of Mann and Whitney's U-test (1947) by its normal approximation,
/// corrected for ties and continuity. Google Benchmark's compare.py reports the same for two sets
/// of repetitions; from 9 on each side it uses this approximation too. 1 if either side is empty or
/// all values are equal.
double rank_test_p(std::span<const double> a, std::span<const double> b);

}  // namespace crossover
