#include "reports/outcomes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <map>
#include <set>

#include "reports/units.hpp"

namespace crossover {
namespace {

std::vector<std::string> wins_by_model(const evidence& from) {
  std::map<std::string, std::size_t> wins;
  std::size_t ties = 0;
  std::size_t unproven = 0;
  std::size_t contests = 0;
  for (const answer& a : from.answers) {
    if (!a.at || (!a.at->next && a.at->tied.empty())) continue;
    ++contests;
    if (!a.at->tied.empty())
      ++ties;
    else if (!a.at->proven)
      ++unproven;
    else
      ++wins[from.value.cells[a.at->best].model];
  }
  if (contests < 2) return {};
  std::vector<std::string> parts;
  for (const auto& [model, count] : wins)
    parts.push_back(fmt::format("{} wins {}", clipped(model, 60), count));
  if (ties > 0) parts.push_back(counted(ties, "tie"));
  if (unproven > 0) parts.push_back(fmt::format("{} undecided (single repetition)", unproven));
  return {fmt::format("{}: {}.", counted(contests, "comparison"), fmt::join(parts, ", "))};
}

std::vector<std::string> what_was_measured(const evidence& from) {
  std::map<cell_status, std::size_t> counts;
  std::size_t remarked = 0;
  std::set<std::size_t> repetitions;
  for (const cell_result& cell : from.value.cells) {
    ++counts[cell.status];
    remarked += !cell.findings.empty();
    if (cell.status == cell_status::ok) repetitions.insert(cell.samples.size());
  }
  if (from.value.cells.empty()) return std::vector<std::string>(1, "The results contain no cells.");
  std::string text = fmt::format("{} measured", counted(counts[cell_status::ok], "cell"));
  if (repetitions.size() == 1)
    text += fmt::format(" with {} each", counted(*repetitions.begin(), "repetition"));
  if (repetitions.size() > 1)
    text +=
        fmt::format(" with {} to {} repetitions each", *repetitions.begin(), *repetitions.rbegin());
  if (counts[cell_status::skipped] > 0)
    text += fmt::format(", {} skipped", counts[cell_status::skipped]);
  if (counts[cell_status::failed] > 0)
    text += fmt::format(", {} failed", counts[cell_status::failed]);
  text += remarked > 0 ? fmt::format("; {} with findings.", counted(remarked, "cell")) : ".";
  std::vector<std::string> sentences(1, text);
  if (from.value.status == results_status::interrupted)
    sentences.emplace_back("The run was interrupted: the remaining cells are missing.");
  return sentences;
}

}  // namespace

// Outcomes of named suites, defined in suite_outcomes.cpp.
std::vector<std::string> bound_by_what(const evidence& from);
std::vector<std::string> concurrency_and_parallelism(const evidence& from);
std::vector<std::string> short_behind_long(const evidence& from);
std::vector<std::string> what_a_lock_costs(const evidence& from);
std::vector<std::string> ways_to_wait(const evidence& from);
std::vector<std::string> weight_in_flight(const evidence& from);

namespace {

/// To add an outcome: write its function above or in its own file, and add a row here.
constexpr std::array outcomes = {
    outcome{"io-vs-cpu", bound_by_what},
    outcome{"concurrency-vs-parallelism", concurrency_and_parallelism},
    outcome{"multitasking", short_behind_long},
    outcome{"gil", what_a_lock_costs},
    outcome{"blocking-vs-nonblocking", ways_to_wait},
    outcome{"lightweight", weight_in_flight},
    outcome{"", wins_by_model},
    outcome{"", what_was_measured},
};

}  // namespace

std::vector<std::string> outcomes_of(const evidence& from) {
  std::vector<std::string> all;
  for (const bool own : {true, false})
    for (const outcome& row : outcomes) {
      if (row.suite.empty() == own) continue;
      if (own && row.suite != from.value.suite) continue;
      for (std::string& sentence : row.sentences(from)) all.push_back(std::move(sentence));
    }
  return all;
}

}  // namespace crossover
