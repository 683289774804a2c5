#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/contests.hpp"
#include "reports/leaders.hpp"
#include "reports/panels.hpp"
#include "reports/statistics/interval.hpp"

namespace crossover {

/// A finding and the models or contests that have it.
struct remark {
  finding first;                    ///< as in the first model or contest that has it
  std::vector<std::string> models;  ///< for a single contest: the models with this finding
  std::size_t contests = 0;         ///< for the whole run: contests whose models all have it
};

/// Range of the times of a benchmark family (foreign files).
struct family_times {
  std::size_t lowest = 0;  ///< index into results::cells
  std::size_t highest = 0;
  interval lowest_s;
  interval highest_s;
  std::size_t repetitions = 0;
};

/// Answer for one panel: the best model, and its changes along the axes.
struct answer {
  std::size_t panel = 0;                ///< index into panels_of
  std::vector<std::size_t> contests;    ///< of this panel, ascending by cores, then in flight
  std::optional<std::size_t> headline;  ///< index of the contest that represents the panel
  std::vector<std::size_t> leaders;     ///< series along cores and in flight
  std::vector<remark> remarks;          ///< findings of only some models of the headline contest
  std::optional<family_times> family;
};

/// Numbers of all answers of a run.
struct answer_set {
  std::vector<contest> contests;
  std::vector<leader_series> leaders;
  std::vector<answer> answers;         ///< one per panel, in order
  std::vector<remark> shared_remarks;  ///< findings that every model of a contest has
  std::size_t questions = 0;           ///< contests of two or more models
  std::size_t decided = 0;
  std::optional<double> measuring_s;  ///< duration of all blocks together, if recorded
};

/// Answers every panel.
///
/// The headline of a panel is a contest at the largest number of cores that leaves the server its
/// own CPUs (no model has the finding `shared_cores`), otherwise at the smallest number of cores.
/// Of several, it is the contest with the highest concurrency that has two models.
answer_set answers_of(const results& value, const std::vector<panel>& panels);

}  // namespace crossover
