#pragma once

namespace crossover {

/// Returns the t that Student's distribution exceeds with probability `tail`, 0 < tail < 1;
/// `degrees` above 0. Throws std::domain_error otherwise.
double student_critical_value(double degrees, double tail);

/// Returns half the width, in standard errors, of each of `comparisons` two-sided t-intervals that
/// hold together with probability `confidence` or more (Bonferroni): no assumption about the
/// correlations between the comparisons, nor that their variances are equal.
double joint_critical_value(double degrees, unsigned comparisons, double confidence);

}  // namespace crossover
