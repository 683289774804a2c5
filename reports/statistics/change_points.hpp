#pragma once

#include <cstdint>
#include <vector>

namespace crossover {

struct change_options {
  double false_discoveries = 0.05;  ///< expected share of false changes among all that are marked
  unsigned min_runs = 2;  ///< minimum length of a level, so that one odd run is not a change
  unsigned permutations = 1'999;
  std::uint64_t seed = 1;
};

/// First run of a series on another level.
struct change_point {
  std::size_t index = 0;  ///< first run of the new level
  double shift = 0;  ///< new level minus old, up to the neighbouring changes; of logs, so about the
                     ///< relative change
  double p = 1;      ///< p-value of the permutation test, not below that of the enclosing split
  double q = 1;      ///< p-value adjusted over all series (Benjamini & Hochberg)
};

/// Marks changes of level in series of runs; `series[i]` holds one cell's value (a log) per run,
/// oldest first. Advisory: the runs of a history are not randomised, so a slow drift of the machine
/// also counts as a change.
///
/// Binary segmentation (Vostrikova 1981): of all splits of a stretch, the one with the greatest
/// CUSUM of ranks, |mean rank after - before| sqrt(k (n-k) / n), is tested against the same maximum
/// over random permutations of the stretch. This corrects for having chosen the split (as
/// E-divisive does, Matteson & James 2014). Ranks keep one wild run from hiding or faking a change.
/// The values then locate the change: of the splits at most two runs away, the one whose parts
/// deviate least from their medians. A stretch is split further while p <= false_discoveries. The
/// p-values of all tests in all series are adjusted together (Benjamini & Hochberg 1995); a nested
/// split takes the greater p of the two.
std::vector<std::vector<change_point>> change_points(const std::vector<std::vector<double>>& series,
                                                     const change_options& options = {});

/// Returns the p-values adjusted by Benjamini & Hochberg, in the same order. Among those <= q, the
/// expected share of false discoveries is at most q.
std::vector<double> benjamini_hochberg(const std::vector<double>& p);

}  // namespace crossover
