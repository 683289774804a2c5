#include "bench/measure/servers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bench/models/run/usage.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/servers/server_directory.hpp"

namespace crossover {

server_pool::server_pool(std::string program, std::map<std::string, std::string> external,
                         std::string address)
    : program_(std::move(program)), external_(std::move(external)), address_(std::move(address)) {
  remove_abandoned_directories();
}

server_pool::~server_pool() {
  for (auto& [key, entry] : running_) entry.process->end(child_process::duration(20), 2);
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
  if (other_ && needed_server_of(cell) == needed_server::on_tcp)
    return {other_->endpoint, -1, other_->cpus, other_->cpu_s, other_->failure};

  std::vector<std::string> command = {program_, "serve", cell.workload};
  for (const auto& [name, text] : cell.parameters) {
    command.push_back(fmt::format("--{}", name));
    command.push_back(text);
  }
  command.push_back("--cpus");
  command.push_back(fmt::format("{}", fmt::join(cpus.server, ",")));
  if (!address_.empty()) command.insert(command.end(), {"--address", address_});
  command.insert(command.end(), {"--idle", "24h"});  // lanes wait while other models have turns
  const std::string key = fmt::format("{}", fmt::join(command, " "));
  auto entry = running_.find(key);
  if (entry != running_.end() && entry->second.process->wait(child_process::duration(0))) {
    running_.erase(entry);
    entry = running_.end();
  }
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
  const int pid = static_cast<int>(running.process->pid());
  return {running.endpoint, pid, running.cpus, [pid] { return cpu_seconds_of(pid); }};
}

std::string server_pool::failure_of(const server& of) {
  if (of.pid >= 0) return failure_of_process(of.pid);
  return of.failure_elsewhere ? of.failure_elsewhere() : "";
}

std::string server_pool::failure_of_process(int pid) {
  const auto entry = std::find_if(running_.begin(), running_.end(), [pid](const auto& named) {
    return named.second.process->pid() == pid;
  });
  if (entry != running_.end()) {
    child_process& process = *entry->second.process;
    // Its sockets are closed a little before it has ended.
    if (process.wait(child_process::duration(0.25)))
      failures_[pid] = fmt::format("server: {}", process.exit_failure().what());
    else if (process.is_stopped())
      failures_[pid] = "server: the process is stopped";
    else
      return {};
    running_.erase(entry);
  }
  const auto failure = failures_.find(pid);
  return failure == failures_.end() ? "" : failure->second;
}

}  // namespace crossover
