#pragma once

#include <string>
#include <vector>

#include "reports/answers.hpp"
#include "reports/contest_text.hpp"

namespace crossover {

/// Full sentences about each change of the leading models along an axis; empty if fewer than two
/// points are decided.
std::string sentence_of(const leader_series& series, const std::vector<contest>& contests);

/// "14 questions, 12 decided, 1 min 48 s"; empty without questions.
std::string decided_text(const answer_set& all);

/// Models by the number of decided contests that they lead: "event_loop leads or is equivalent in 5
/// of 12 questions, thread_pool in 2."; empty without questions.
std::string leading_text(const answer_set& all);

/// Sentences about the whole run: decided questions, changes along the CPU share, and findings
/// that all models of a contest have.
std::vector<std::string> run_sentences(const answer_set& all);

/// An answer as text.
struct answer_text {
  std::string headline;
  std::string sentence;
  std::vector<std::string> details;  ///< changes of the leading models along an axis
  std::vector<std::string> caveats;  ///< findings of some of the models
};
answer_text text_of(const results& value, const panel& p, const answer_set& all, const answer& of);

}  // namespace crossover
