#pragma once

#include <cstdint>
#include <vector>

namespace crossover {

struct change_options {
  double false_discoveries =
      0.05;  ///< of the changes marked over all series, the share that may be none (expected)
  unsigned least_runs = 2;  ///< a level must last this many runs, so that one odd run is no change
  unsigned permutations = 1'999;
  std::uint64_t seed = 1;
};

/// A run from which on a series lies on another level.
struct change_point {
  std::size_t index = 0;  ///< the first run of the new level
  double shift = 0;  ///< the new level less the old, up to the neighbouring changes; of logs, so
                     ///< about the relative change
  double p = 1;      ///< of the permutation test, and at least that of the split it lies within
  double q = 1;      ///< adjusted over all series (Benjamini & Hochberg)
};

/// Marks where series of runs changed their level; `series[i]` is one cell's value (a log) from run
/// to run, oldest first. Advisory: the runs of a history are not randomised, so a slow drift of the
/// machine is a change too.
///
/// Binary segmentation (Vostrikova 1981): of all splits of a stretch the one with the greatest
/// CUSUM of ranks, |mean rank after - before| sqrt(k (n-k) / n), is tested against the same maximum
/// over random permutations of the stretch, which corrects for having chosen the split (as
/// E-divisive does, Matteson & James 2014); ranks keep one wild run from hiding or making a change.
/// Where it lies is decided by the values: of the splits at most two runs away, the one whose parts
/// deviate least from their medians. A stretch is split further while p <= false_discoveries. The
/// p-values of all tests made in all series are adjusted together (Benjamini & Hochberg 1995); a
/// split within a split takes the greater p of the two.
std::vector<std::vector<change_point>> change_points(const std::vector<std::vector<double>>& series,
                                                     const change_options& options = {});

/// p-values adjusted by Benjamini & Hochberg, in the same order: those <= q are discoveries of
/// which at most a share q is false.
std::vector<double> benjamini_hochberg(const std::vector<double>& p);

}  // namespace crossover
