#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "bench/results/results.hpp"
#include "reports/contests.hpp"

namespace crossover {

/// A model's name, at most 60 characters.
std::string model_text(std::string_view model);

/// Workload and parameters, without the names that follow from the unit: "network 64 B".
std::string question_text(const std::string& workload,
                          const std::map<std::string, std::string>& parameters);

/// "1 core, 64 in flight"; with a fleet, and unless `with_hosts` is false, "…, 3 hosts".
std::string place_text(const contest& of, std::string_view separator = ", ",
                       bool with_hosts = true);

/// "3 hosts", or "2 of 3 hosts" if one has no block; empty without a fleet.
std::string hosts_text(const contest& of);

/// "9 more blocks", or "4 more hosts" if the hosts differ too much; empty if unknown, and if it is
/// over five times as many as measured.
std::string wanted_text(const contest& of);

/// The verdict, very short: "event_loop is best".
std::string verdict_text(const contest& of);

/// The verdict with its figures, as full sentences.
std::string sentence_of(const results& value, const contest& of);

/// Results of the other models, separated by semicolons: "thread_pool at least 38 % slower".
std::string others_text(const results& value, const contest& of);

/// "0.91 – 0.95"; "over 0.91" if the upper bound is 10 or more, "–" without bounds.
std::string ratio_range_text(const std::optional<ratio_to_best>& ratio);

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
