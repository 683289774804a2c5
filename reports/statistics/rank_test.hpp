#pragma once

#include <span>

namespace crossover {

/// The two-sided p-value of Mann and Whitney's U-test (1947) by its normal approximation, with the
/// correction for ties and for continuity: what Google Benchmark's compare.py reports of two sets
/// of repetitions (from 9 on each side, where the approximation is the one it uses too). 1 where
/// either side is empty or all values are equal.
double rank_test_p(std::span<const double> a, std::span<const double> b);

}  // namespace crossover
