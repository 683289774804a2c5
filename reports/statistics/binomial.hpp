#pragma once

namespace crossover {

/// A share with its exact interval.
struct counted_share {
  double share;
  double lower;
  double upper;
};

/// Returns the exact interval of Clopper & Pearson (1934) for `hits` in `trials`, with (1 -
/// confidence) / 2 on each side. Without trials the share is 0 and the interval is [0, 1].
counted_share clopper_pearson(unsigned hits, unsigned trials, double confidence = 0.95);

}  // namespace crossover
