#include "bench/fixtures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "workloads/error.hpp"

namespace crossover {

fixtures::~fixtures() {
  for (auto& [key, server] : running_) server.process->end(child_process::duration(20));
}

fixtures::place fixtures::place_for(const planned_cell& cell, const allotment& given) {
  const auto& parameters = cell.workload_values.texts();
  return place_for(std::string(cell.workload->name), {parameters.begin(), parameters.end()},
                   counterpart_of(*cell.workload, cell.workload_values), given);
}

fixtures::place fixtures::place_for(const std::string& workload,
                                    const std::map<std::string, std::string>& parameters,
                                    counterpart wanted, const allotment& given) {
  if (wanted == counterpart::none) return {};
  if (const auto users = given_.find(workload);
      users != given_.end() && wanted == counterpart::server)
    return {users->second, -1, 0};

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
    const std::string line = process->read_line(child_process::duration(60));
    constexpr std::string_view greeting = "listening ";
    if (!line.starts_with(greeting))
      throw error(
          error_kind::failed,
          fmt::format("the fixture of {} said '{}' instead of where it listens", workload, line));
    found = running_
                .emplace(key, running{std::move(process), line.substr(greeting.size()),
                                      given.fixture.size()})
                .first;
  }
  const bool works = wanted == counterpart::server;
  return {found->second.endpoint, works ? static_cast<int>(found->second.process->pid()) : -1,
          works ? found->second.cpus : 0};
}

}  // namespace crossover
