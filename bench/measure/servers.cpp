#include "bench/measure/servers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "workloads/base/error.hpp"

namespace crossover {

server_pool::~server_pool() {
  for (auto& [key, entry] : running_) entry.process->end(child_process::duration(20));
}

server_pool::server server_pool::server_for(const planned_cell& cell, const cpu_assignment& cpus) {
  const auto& parameters = cell.workload_values.texts();
  return server_for(std::string(cell.workload->name), {parameters.begin(), parameters.end()},
                    target_of(*cell.workload, cell.workload_values), cpus);
}

server_pool::server server_pool::server_for(const std::string& workload,
                                            const std::map<std::string, std::string>& parameters,
                                            target_kind target, const cpu_assignment& cpus) {
  if (target == target_kind::none) return {};
  if (const auto external = external_.find(workload);
      external != external_.end() && target == target_kind::server)
    return {external->second, -1, 0};

  std::vector<std::string> command = {program_, "serve", workload};
  for (const auto& [name, text] : parameters) {
    command.push_back(fmt::format("--{}", name));
    command.push_back(text);
  }
  command.push_back("--cpus");
  command.push_back(fmt::format("{}", fmt::join(cpus.server, ",")));
  const std::string key = fmt::format("{}", fmt::join(command, " "));
  auto entry = running_.find(key);
  if (entry == running_.end()) {
    auto process = std::make_unique<child_process>(command);
    const std::string line = process->read_line(child_process::duration(60));
    constexpr std::string_view prefix = "listening ";
    if (!line.starts_with(prefix))
      throw error(error_kind::failed,
                  fmt::format("the {} server printed '{}' instead of its address", workload, line));
    entry = running_
                .emplace(key, running_server{std::move(process), line.substr(prefix.size()),
                                             cpus.server.size()})
                .first;
  }
  const bool has_process = target == target_kind::server;
  return {entry->second.endpoint, has_process ? static_cast<int>(entry->second.process->pid()) : -1,
          has_process ? entry->second.cpus : 0};
}

}  // namespace crossover
