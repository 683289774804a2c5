#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/answers.hpp"
#include "reports/panels.hpp"

namespace crossover {

/// What a report may draw on when it words an outcome.
struct evidence {
  const results& value;
  const std::vector<panel>& panels;
  const std::vector<answer>& answers;
};

/// One question about a whole run and who answers it.
struct outcome {
  std::string_view suite;  ///< asked of runs of this suite alone; empty: of every run
  /// Sentences, whichever way the measurements came out; none where the run has nothing to say on
  /// it.
  std::vector<std::string> (*sentences)(const evidence&);
};

/// The sentences of every outcome that applies, the suite's own first.
std::vector<std::string> outcomes_of(const evidence& from);

}  // namespace crossover
