#pragma once

#include <map>
#include <memory>
#include <string>

#include "bench/cell/child_process.hpp"
#include "bench/measure/plan.hpp"

namespace crossover {

/// The servers that a run's cells talk to: each started when the first cell needs it, in a process
/// of its own on the CPUs that the cell leaves free, kept until this object goes. Or the user's
/// own.
class server_pool {
 public:
  /// `program`: this executable, which `serve`s; `given`: workload to the endpoint of the user's
  /// server.
  server_pool(std::string program, std::map<std::string, std::string> given)
      : program_(std::move(program)), given_(std::move(given)) {}
  /// Each server is told to end, and has some seconds to clear away what it made.
  ~server_pool();
  server_pool(const server_pool&) = delete;
  server_pool& operator=(const server_pool&) = delete;

  struct place {
    std::string endpoint;  ///< "" where the cell talks to nobody
    int pid = -1;  ///< of the fixture's process; -1 where it is the user's, or a file in which
                   ///< nobody works
    std::size_t cpus = 0;
  };
  /// Throws `error` (failed) when the server does not come up.
  place server_for(const planned_cell& cell, const cpu_assignment& given);
  /// The same for a workload by name and parameters, which another build may know and this one not.
  place server_for(const std::string& workload,
                   const std::map<std::string, std::string>& parameters, target_kind wanted,
                   const cpu_assignment& given);

 private:
  struct running {
    std::unique_ptr<child_process> process;
    std::string endpoint;
    std::size_t cpus;
  };
  std::string program_;
  std::map<std::string, std::string> given_;
  std::map<std::string, running> running_;
};

}  // namespace crossover
