#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/answers.hpp"

namespace crossover {

/// Workload and parameters without their names where the unit tells them: "network 64 B".
std::string question_text(const std::string& workload,
                          const std::map<std::string, std::string>& parameters);

/// "1 core, 64 in flight".
std::string place_text(const contest& of, std::string_view separator = ", ");

/// The verdict in about five words: "event_loop is best".
std::string verdict_text(const contest& of);

/// The verdict with its figures, as full sentences.
std::string sentence_of(const results& value, const contest& of);

/// The places of the other models, separated by semicolons: "thread_pool at least 38 % slower".
std::string others_text(const results& value, const contest& of);

/// "0.91 – 0.95", or "–" without bounds.
std::string ratio_range_text(const std::optional<ratio_to_best>& ratio);

/// Full sentences about where the leading models change along an axis; empty if fewer than two
/// points are decided.
std::string sentence_of(const leader_series& series, const std::vector<contest>& contests);

/// One line for the panel: where the leaders change, or the headline's verdict.
std::string line_of(const answer_set& all, const answer& of);

/// "14 questions, 12 decided"; empty without questions.
std::string decided_text(const answer_set& all);

/// Sentences about the whole run: decided questions, changes along the CPU share, and findings
/// that all models of a contest have.
std::vector<std::string> run_sentences(const answer_set& all);

/// An answer as text.
struct answer_text {
  std::string headline;
  std::string sentence;
  std::vector<std::string> details;  ///< where the leading models change
  std::vector<std::string> caveats;  ///< findings of some of the models
};
answer_text text_of(const results& value, const panel& p, const answer_set& all, const answer& of);

/// A contest as a row of a table.
struct contest_row {
  std::string question;
  std::string place;
  std::string verdict;
  std::string others;
  std::string of_reference;
  std::string cpu;     ///< of the first model, per operation
  std::string memory;  ///< of the first model
};
contest_row row_of(const results& value, const contest& of);

}  // namespace crossover
