#include "tools/earlier_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "reports/environment_differences.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/command_words.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

/// Returns the matrix of one cell.
matrix matrix_of(const cell_result& cell) {
  return {.workloads = {{cell.workload, cell.parameters}},
          .models = {{cell.model, cell.model_parameters}},
          .cores = {cell.cores.value_or(1)},
          .in_flight = {cell.in_flight.value_or(1)},
          .rate = cell.rate,
          .blocks = cell.max_blocks};
}

}  // namespace

std::string shell_words(const string_list& words) {
  std::string text;
  for (const std::string& word : words) text += " " + shell_word(word);
  return text;
}

earlier_run::earlier_run(std::string file)
    : file_(shown_name(file, "standard input")), read_(read_results(file)) {
  if (read_.foreign || read_.command.empty()) refuse("not a results file of `crossover run`");
  if (read_.plan &&
      !(read_.plan->seconds >= 0.001 && read_.plan->seconds <= 3600 && read_.plan->budget_s > 0 &&
        read_.plan->grace_s > 0 && read_.plan->repetitions <= 10'000))
    refuse("crossover.plan: a number is out of range");
}

void earlier_run::refuse(const std::string& problem) const {
  throw error(error_kind::unreadable, fmt::format("{}: {}", file_, problem));
}

std::vector<planned_cell> earlier_run::cells(const machine& computer,
                                             const std::map<std::string, std::string>& endpoints,
                                             const string_list& commands) const {
  std::vector<matrix> matrices;
  for (const cell_result& cell : read_.cells) matrices.push_back(matrix_of(cell));
  std::vector<planned_cell> cells;
  try {
    cells = plan(matrices, computer, read_limits(), endpoints);
  } catch (const error& e) {
    refuse(e.what());
  }
  for (std::size_t i = 0; i < read_.cells.size(); ++i) {
    const cell_result& earlier = read_.cells[i];
    if (i >= cells.size() || cells[i].name != earlier.name)
      refuse(fmt::format("this program has no cell '{}' with these flags", earlier.name));
    const auto command = earlier.parameters.find("run");
    if (find_workload(earlier.workload).starts_programs && command != earlier.parameters.end() &&
        std::find(commands.begin(), commands.end(), command->second) == commands.end())
      refuse(fmt::format("starts a command; give --workload {} too",
                         shell_word(fmt::format("{}:run={}", earlier.workload, command->second))));
    // The plan of one cell does not know that more were requested.
    for (const finding& f : earlier.findings)
      if (f.code == "in_flight_ignored" && cells[i].findings.empty())
        cells[i].findings.push_back(f);
  }
  return cells;
}

void earlier_run::require_programs(const string_list& programs) const {
  if (!read_.plan || programs == read_.plan->programs) return;
  const string_list& needed = read_.plan->programs;
  refuse(needed.empty() ? fmt::format("measured without{}; leave it out", shell_words(programs))
                        : fmt::format("a file starts no programs by itself; give exactly{}",
                                      shell_words(needed)));
}

void earlier_run::require_same_machine(
    const std::map<std::string, std::string>& environment) const {
  if (!read_.plan) refuse("has no plan, because an older version wrote it; measure again");
  results before, now;
  now.environment = environment;
  // Cells of other languages have added entries.
  for (const auto& [key, value] : environment)
    if (const auto entry = read_.environment.find(key); entry != read_.environment.end())
      before.environment.insert(*entry);
  std::vector<environment_difference> differences = environment_differences(before, now);
  for (const std::string key : {"host", "crossover", "build_id"}) {
    const auto entry = std::as_const(before.environment).find(key), other = environment.find(key);
    if (entry != before.environment.end() && other != environment.end() &&
        entry->second != other->second)
      differences.insert(differences.begin(), {key, entry->second, other->second});
  }
  if (differences.empty()) return;
  refuse(fmt::format("measured with {} '{}', which is '{}' now; continue it there, or use --replay",
                     differences.front().key, differences.front().old_value,
                     differences.front().new_value));
}

}  // namespace crossover
