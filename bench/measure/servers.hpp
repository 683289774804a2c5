#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/cell/child_process.hpp"
#include "bench/measure/plan.hpp"

namespace crossover {

/// A server on another host.
struct remote_server {
  std::string endpoint;
  std::size_t cpus = 0;
  std::function<double()> cpu_s;         ///< CPU time in s used so far; empty if it is not known
  std::function<std::string()> failure;  ///< see server_pool::failure_of
};

/// Servers of a run's cells. Each is started when the first cell needs it, in its own process on
/// the CPUs that the cell leaves free, and lives as long as this object. A server that the user
/// provides is used instead.
class server_pool {
 public:
  /// `program`: this executable, run as `serve`. `external`: endpoint of the user's server by
  /// workload. `address`: that the others listen on; "": loopback.
  /// Removes what the servers of killed runs have left.
  server_pool(std::string program, std::map<std::string, std::string> external,
              std::string address = "");
  /// Ends each server; it has 20 s to clean up before it is killed, or until a second interrupt.
  ~server_pool();
  server_pool(const server_pool&) = delete;
  server_pool& operator=(const server_pool&) = delete;

  struct server {
    std::string endpoint;  ///< "" if the cell needs none
    int pid = -1;          ///< the server's process on this machine; -1 if there is none
    std::size_t cpus = 0;
    std::function<double()> cpu_s = {};  ///< CPU time in s used so far; empty if it is not known
    std::function<std::string()> failure_elsewhere = {};  ///< of a server on another host
  };
  /// Sets a server on another host for the cells that need one; nullopt: none.
  void use(std::optional<remote_server> other) { other_ = std::move(other); }
  /// Returns the server of a cell; starts it if needed. A workload that this build does not know
  /// may need none: it gets none if the program has no server for it. Throws `error` (failed) if it
  /// does not start.
  server server_for(const cell_spec& cell, const cpu_assignment& cpus);
  /// Returns why a server no longer serves: its process has ended or is stopped. The next call of
  /// `server_for` starts another. Returns "" if it serves.
  std::string failure_of(const server& of);

 private:
  struct running_server {
    std::unique_ptr<child_process> process;
    std::string endpoint;
    std::size_t cpus;
  };
  running_server start(const std::vector<std::string>& command, const cpu_assignment& cpus);
  std::string failure_of_process(int pid);

  std::string program_;
  std::map<std::string, std::string> external_;
  std::string address_;
  std::optional<remote_server> other_;
  std::map<std::string, running_server> running_;
  std::map<int, std::string> failures_;  ///< by process
};

}  // namespace crossover
