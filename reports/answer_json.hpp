#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/answers.hpp"
#include "reports/panels.hpp"

namespace crossover {

// The answers in the page's data.

/// Returns a row per panel: its answer as text.
nlohmann::ordered_json answers_json(const results& value, const std::vector<panel>& panels,
                                    const answer_set& all);

/// Returns a row per contest: its verdict, and the ratios of its models to the best.
nlohmann::ordered_json contests_json(const results& value, const answer_set& all);

/// Returns a row per series of contests along an axis: where its leading models change.
nlohmann::ordered_json leaders_json(const answer_set& all);

}  // namespace crossover
