#include "reports/outcomes.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

#include "reports/answer_text.hpp"
#include "reports/machine_text.hpp"
#include "reports/machine_types.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

std::vector<std::string> run_outcome(const outcome_input& from) {
  return run_sentences(from.answers);
}

std::vector<std::string> machine_outcome(const outcome_input& from) {
  std::vector<std::string> sentences = host_sentences(from.value);
  if (std::string best = machines_sentence(from.answers.contests); !best.empty())
    sentences.insert(sentences.begin(), std::move(best));
  return sentences;
}

std::vector<std::string> cell_counts(const outcome_input& from) {
  std::map<cell_status, std::size_t> counts;
  std::size_t with_findings = 0;
  std::set<std::size_t> blocks;
  for (const cell_result& cell : from.value.cells) {
    ++counts[cell.status];
    with_findings += !cell.findings.empty();
    if (cell.status == cell_status::ok) blocks.insert(cell.samples.size());
  }
  if (from.value.cells.empty()) return std::vector<std::string>(1, "The results contain no cells.");
  std::string text = fmt::format("{} measured", counted(counts[cell_status::ok], "cell"));
  const std::string_view noun = from.value.foreign ? "repetition" : "block";
  if (blocks.size() == 1) text += fmt::format(" with {} each", counted(*blocks.begin(), noun));
  if (blocks.size() > 1)
    text += fmt::format(" with {} to {} {}s each", *blocks.begin(), *blocks.rbegin(), noun);
  if (counts[cell_status::skipped] > 0)
    text += fmt::format(", {} skipped", counts[cell_status::skipped]);
  if (counts[cell_status::failed] > 0)
    text += fmt::format(", {} failed", counts[cell_status::failed]);
  text +=
      with_findings > 0 ? fmt::format("; {} with findings.", counted(with_findings, "cell")) : ".";
  std::vector<std::string> sentences(1, text);
  if (from.value.status == results_status::interrupted)
    sentences.emplace_back("The run was interrupted: the remaining cells are missing.");
  return sentences;
}

}  // namespace

// Outcomes of named suites, defined in suite_outcomes.cpp.
std::vector<std::string> io_vs_cpu_outcome(const outcome_input& from);
std::vector<std::string> concurrency_outcome(const outcome_input& from);
std::vector<std::string> multitasking_outcome(const outcome_input& from);
std::vector<std::string> gil_outcome(const outcome_input& from);
std::vector<std::string> blocking_outcome(const outcome_input& from);
std::vector<std::string> lightweight_outcome(const outcome_input& from);
std::vector<std::string> runtimes_outcome(const outcome_input& from);

namespace {

/// An outcome is a function, above or in its own file, and a row here.
constexpr std::array outcomes = {
    outcome{"io-vs-cpu", io_vs_cpu_outcome},
    outcome{"concurrency-vs-parallelism", concurrency_outcome},
    outcome{"multitasking", multitasking_outcome},
    outcome{"gil", gil_outcome},
    outcome{"blocking-vs-nonblocking", blocking_outcome},
    outcome{"lightweight", lightweight_outcome},
    outcome{"runtimes", runtimes_outcome},
    outcome{"", machine_outcome},
    outcome{"", run_outcome},
    outcome{"", cell_counts},
};

}  // namespace

namespace {

/// Sentences of the suite for each machine type.
std::vector<std::string> outcomes_of_types(const outcome_input& from,
                                           const std::vector<machine_type>& types) {
  std::vector<std::string> sentences;
  for (const machine_type& type : types) {
    results of_type = from.value;
    of_type.hosts.clear();
    std::erase_if(of_type.cells,
                  [&](const cell_result& cell) { return cell.machine != type.name; });
    const std::vector<panel> panels = panels_of(of_type);
    for (const std::string& sentence :
         suite_outcomes_of({of_type, panels, answers_of(of_type, panels)}))
      sentences.push_back(fmt::format("{}: {}", type.name, sentence));
  }
  return sentences;
}

}  // namespace

std::vector<std::string> suite_outcomes_of(const outcome_input& from) {
  std::vector<std::string> sentences;
  if (from.value.suite.empty()) return sentences;
  const std::vector<machine_type> types = machine_types_of(from.value);
  if (types.size() > 1) return outcomes_of_types(from, types);
  for (const outcome& row : outcomes)
    if (row.suite == from.value.suite)
      for (std::string& sentence : row.sentences(from)) sentences.push_back(std::move(sentence));
  return sentences;
}

std::vector<std::string> run_outcomes_of(const outcome_input& from) {
  std::vector<std::string> sentences;
  for (const outcome& row : outcomes)
    if (row.suite.empty())
      for (std::string& sentence : row.sentences(from)) sentences.push_back(std::move(sentence));
  return sentences;
}

std::vector<std::string> outcomes_of(const outcome_input& from) {
  std::vector<std::string> sentences = suite_outcomes_of(from);
  for (std::string& sentence : run_outcomes_of(from)) sentences.push_back(std::move(sentence));
  return sentences;
}

std::vector<std::string> lede_of(const outcome_input& from) {
  std::vector<std::string> sentences = outcomes_of(from);
  if (const std::string decided = decided_text(from.answers); !decided.empty())
    sentences.insert(sentences.begin(), decided + ".");
  return sentences;
}

}  // namespace crossover
