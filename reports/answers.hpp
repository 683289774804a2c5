#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/panels.hpp"
#include "reports/statistics/interval.hpp"

namespace crossover {

/// Comparison of a panel's models at one number of cores, each at its own best concurrency.
struct model_ranking {
  std::uint32_t cores = 0;
  std::size_t best = 0;                  ///< index into results::cells
  interval throughput;                   ///< throughput of the best
  std::vector<std::size_t> tied;         ///< cells whose intervals overlap that of the best
  std::optional<std::size_t> next;       ///< first cell not tied with the best
  std::optional<interval> lead;          ///< throughput of the best over that of the next
  std::optional<interval> vs_reference;  ///< throughput of the best over that of `reference`
  bool proven = false;  ///< best and next have intervals: only then is a win or tie meaningful
  /// The deciding models (best and tied, or best and next) have the same in-flight values.
  bool same_concurrency = true;
};

/// Answer for one panel, as text and as numbers.
struct answer {
  std::size_t panel = 0;             ///< index into panels_of
  std::string headline;              ///< "event_loop, 2.3× the next best", "tie: …", "no result"
  std::string sentence;              ///< the full answer as text
  std::vector<std::string> details;  ///< further lines: latency, CPU, other core counts
  std::vector<std::string> caveats;  ///< findings of the best cells, a single repetition
  std::optional<model_ranking> at;   ///< ranking at the largest number of cores with two models
};

/// Returns one answer per panel, in order. In foreign files a panel is a benchmark family, and the
/// answer is the range of its times.
std::vector<answer> answers_of(const results& value, const std::vector<panel>& panels);

/// Compares the models at `cores`; nullopt if only `reference` was measured there.
/// If the result is not `same_concurrency`, a model may lead only because it was measured at a
/// concurrency that the others were not. The answer then adds a comparison at the shared in-flight
/// values.
std::optional<model_ranking> compare_at(const results& value, const panel& p, std::uint32_t cores);

}  // namespace crossover
