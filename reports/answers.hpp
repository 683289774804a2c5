#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/panels.hpp"
#include "reports/statistics/interval.hpp"

namespace crossover {

/// Which model is best at one number of cores, each model at its own best in flight, and by how
/// much.
struct model_ranking {
  std::uint32_t cores = 0;
  std::size_t best = 0;                  ///< index into results::cells
  interval throughput;                   ///< of the best
  std::vector<std::size_t> tied;         ///< cells whose intervals overlap that of the best
  std::optional<std::size_t> next;       ///< the first that is not tied with it
  std::optional<interval> ahead;         ///< throughput of the best over that of the next
  std::optional<interval> of_reference;  ///< throughput of the best over that of `reference`
  bool proven = false;  ///< both have intervals, so that "ahead" and "tie" mean something
  bool alike =
      true;  ///< those that tie, else best and next, were measured with the same in-flight values
};

/// The answer for one panel.
struct answer {
  std::size_t panel = 0;  ///< index into panels_of
  std::string headline;   ///< "event_loop, 2.3× the next", "a tie: …", "nothing was measured"
  std::string sentence;   ///< the whole answer in words
  std::vector<std::string>
      details;  ///< further figures, a line each: latency, CPU, other core counts
  std::vector<std::string>
      caveats;  ///< what weakens it: findings of the best cell, a single repetition
  std::optional<model_ranking> at;  ///< at the largest number of cores where models can be compared
};

/// One answer a panel, in their order. Foreign files get their fastest benchmark of each family.
std::vector<answer> answers_of(const results& value, const std::vector<panel>& panels);

/// Compares the models at this number of cores; nothing where none but `reference` was measured.
/// Where it is not `alike`, a model may lead only because it was measured with an in-flight value
/// that the others were not: an answer then says so, and how they compare at the values that they
/// share.
std::optional<model_ranking> compare_at(const results& value, const panel& of, std::uint32_t cores);

}  // namespace crossover
