#include "bench/fixtures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "workloads/error.hpp"

namespace crossover {

fixtures::place fixtures::place_for(const planned_cell& cell, const allotment& given) {
  if (cell.workload->start_fixture == nullptr) return {};
  std::map<std::string, std::string> parameters;
  for (const parameter& p : cell.workload->parameters) parameters.emplace(p.name, cell.workload_values.text(p.name));
  return place_for(std::string(cell.workload->name), parameters, given);
}

fixtures::place fixtures::place_for(const std::string& workload, const std::map<std::string, std::string>& parameters,
                                    const allotment& given) {
  if (const auto users = given_.find(workload); users != given_.end()) return {users->second, -1, 0};

  std::vector<std::string> command = {program_, "serve", workload};
  for (const auto& [name, text] : parameters) {
    command.push_back(fmt::format("--{}", name));
    command.push_back(text);
  }
  command.push_back("--cpus");
  command.push_back(fmt::format("{}", fmt::join(given.fixture, ",")));
  const std::string key = fmt::format("{}", fmt::join(command, " "));
  auto found = running_.find(key);
  if (found == running_.end()) {
    auto process = std::make_unique<child_process>(command);
    const std::string line = process->read_line(child_process::duration(30));
    constexpr std::string_view greeting = "listening ";
    if (!line.starts_with(greeting))
      throw error(error_kind::failed, fmt::format("the fixture of {} said '{}' instead of where it listens", workload, line));
    found = running_.emplace(key, running{std::move(process), line.substr(greeting.size()), given.fixture.size()}).first;
  }
  return {found->second.endpoint, static_cast<int>(found->second.process->pid()), found->second.cpus};
}

}  // namespace crossover
