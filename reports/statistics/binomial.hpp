#pragma once

namespace crossover {

/// A share that was counted, with its exact interval.
struct counted_share {
  double share;
  double lower;
  double upper;
};

/// Clopper & Pearson's exact interval (1934) of a share seen `hits` times in `trials`, each side at
/// (1 - confidence) / 2. No trials give the whole of [0, 1] about 0.
counted_share clopper_pearson(unsigned hits, unsigned trials, double confidence = 0.95);

}  // namespace crossover
