#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/answers.hpp"
#include "reports/panels.hpp"

namespace crossover {

/// Input of an outcome.
struct outcome_input {
  const results& value;
  const std::vector<panel>& panels;
  const answer_set& answers;
};

/// A question about a whole run, and the function that answers it.
struct outcome {
  std::string_view suite;  ///< applies only to this suite; empty: to every run
  /// Returns the answer's sentences; empty if the run has no data for it.
  std::vector<std::string> (*sentences)(const outcome_input&);
};

/// Returns the sentences of the run's suite; empty if it has no question of its own.
std::vector<std::string> suite_outcomes_of(const outcome_input& from);

/// Returns the sentences that apply to every run.
std::vector<std::string> run_outcomes_of(const outcome_input& from);

/// Returns both, those of the suite first.
std::vector<std::string> outcomes_of(const outcome_input& from);

/// Returns all outcomes after the number of decided questions.
std::vector<std::string> lede_of(const outcome_input& from);

}  // namespace crossover
