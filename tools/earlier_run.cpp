#include "tools/earlier_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/environment_differences.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/command_words.hpp"
#include "workloads/registry.hpp"

namespace crossover {

std::string shell_words(const string_list& arguments) {
  std::string text;
  for (const std::string& argument : arguments) text += " " + shell_word(argument);
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

std::vector<planned_cell> earlier_run::cells(const machine& computer, const machine_limits& limits,
                                             const std::map<std::string, std::string>& endpoints,
                                             const string_list& commands) const {
  std::vector<matrix> matrices;
  for (const cell_result& cell : read_.cells) {
    matrices.push_back(matrix_of(cell));
    matrices.back().blocks = cell.max_blocks;
  }
  std::vector<planned_cell> cells;
  try {
    cells = plan(matrices, computer, limits, endpoints);
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

void earlier_run::require_fleet(bool has_fleet) const {
  if (has_fleet && read_.hosts.empty()) refuse("measured without --hosts; leave it out");
  if (!has_fleet && !read_.hosts.empty()) refuse("measured on a fleet; give --hosts too");
}

void earlier_run::require_same_machine(
    const std::map<std::string, std::string>& environment) const {
  if (!read_.plan) refuse("has no plan, because an older version wrote it; measure again");
  std::map<std::string, std::string> before = read_.environment, now = environment;
  const auto is_of_machine = [](const auto& entry) {
    return entry.first != "crossover" && entry.first != "build_id";
  };
  if (!read_.hosts.empty()) {
    std::erase_if(before, is_of_machine);
    std::erase_if(now, is_of_machine);
  }
  if (const std::string difference = machine_difference(before, now); !difference.empty())
    refuse(fmt::format("measured with {}; continue it there, or use --replay", difference));
}

std::string machine_difference(const std::map<std::string, std::string>& before,
                               const std::map<std::string, std::string>& now) {
  results old_run, new_run;
  new_run.environment = now;
  // Cells of other languages have added entries.
  for (const auto& [key, value] : now)
    if (const auto entry = before.find(key); entry != before.end())
      old_run.environment.insert(*entry);
  std::vector<environment_difference> differences = environment_differences(old_run, new_run);
  for (const std::string key : {"host", "crossover", "build_id"}) {
    const auto entry = before.find(key), other = now.find(key);
    if (entry != before.end() && other != now.end() && entry->second != other->second)
      differences.insert(differences.begin(), {key, entry->second, other->second});
  }
  if (differences.empty()) return {};
  return fmt::format("{} '{}', which is '{}' now", differences.front().key,
                     differences.front().old_value, differences.front().new_value);
}

}  // namespace crossover
