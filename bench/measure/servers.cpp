#include "bench/measure/servers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {

server_pool::~server_pool() {
  for (auto& [key, entry] : running_) entry.process->end(child_process::duration(20));
}

server_pool::running_server server_pool::start(const std::vector<std::string>& command,
                                               const cpu_assignment& cpus) {
  auto process = std::make_unique<child_process>(command);
  const std::string line = process->read_line(child_process::duration(60));
  constexpr std::string_view prefix = "listening ";
  if (!line.starts_with(prefix))
    throw error(error_kind::failed,
                fmt::format("the {} server printed '{}' instead of its address", command[2], line));
  return {std::move(process), line.substr(prefix.size()), cpus.server.size()};
}

server_pool::server server_pool::server_for(const cell_spec& cell, const cpu_assignment& cpus) {
  const std::optional<target_kind> target = target_of(cell);
  if (target == target_kind::none) return {};
  if (const auto external = external_.find(cell.workload);
      external != external_.end() && target == target_kind::server)
    return {external->second, -1, 0};

  std::vector<std::string> command = {program_, "serve", cell.workload};
  for (const auto& [name, text] : cell.parameters) {
    command.push_back(fmt::format("--{}", name));
    command.push_back(text);
  }
  command.push_back("--cpus");
  command.push_back(fmt::format("{}", fmt::join(cpus.server, ",")));
  command.insert(command.end(), {"--idle", "24h"});  // lanes wait while other models have turns
  const std::string key = fmt::format("{}", fmt::join(command, " "));
  auto entry = running_.find(key);
  if (entry == running_.end()) try {
      entry = running_.emplace(key, start(command, cpus)).first;
    } catch (const interrupted&) {
      throw;
    } catch (const error& e) {
      if (!target) return {};
      throw error(e.kind(), fmt::format("server: {}", e.what()));
    }
  const running_server& running = entry->second;
  if (target == target_kind::file) return {running.endpoint, -1, 0};
  return {running.endpoint, static_cast<int>(running.process->pid()), running.cpus};
}

}  // namespace crossover
