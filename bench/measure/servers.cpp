#include "bench/measure/servers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "workloads/base/error.hpp"

namespace crossover {

server_pool::~server_pool() {
  for (auto& [key, server] : running_) server.process->end(child_process::duration(20));
}

server_pool::place server_pool::server_for(const planned_cell& cell, const cpu_assignment& given) {
  const auto& parameters = cell.workload_values.texts();
  return server_for(std::string(cell.workload->name), {parameters.begin(), parameters.end()},
                    target_of(*cell.workload, cell.workload_values), given);
}

server_pool::place server_pool::server_for(const std::string& workload,
                                           const std::map<std::string, std::string>& parameters,
                                           target_kind wanted, const cpu_assignment& given) {
  if (wanted == target_kind::none) return {};
  if (const auto users = given_.find(workload);
      users != given_.end() && wanted == target_kind::server)
    return {users->second, -1, 0};

  std::vector<std::string> command = {program_, "serve", workload};
  for (const auto& [name, text] : parameters) {
    command.push_back(fmt::format("--{}", name));
    command.push_back(text);
  }
  command.push_back("--cpus");
  command.push_back(fmt::format("{}", fmt::join(given.server, ",")));
  const std::string key = fmt::format("{}", fmt::join(command, " "));
  auto found = running_.find(key);
  if (found == running_.end()) {
    auto process = std::make_unique<child_process>(command);
    const std::string line = process->read_line(child_process::duration(60));
    constexpr std::string_view greeting = "listening ";
    if (!line.starts_with(greeting))
      throw error(error_kind::failed,
                  fmt::format("the {} server printed '{}' instead of its address", workload, line));
    found = running_
                .emplace(key, running{std::move(process), line.substr(greeting.size()),
                                      given.server.size()})
                .first;
  }
  const bool works = wanted == target_kind::server;
  return {found->second.endpoint, works ? static_cast<int>(found->second.process->pid()) : -1,
          works ? found->second.cpus : 0};
}

}  // namespace crossover
