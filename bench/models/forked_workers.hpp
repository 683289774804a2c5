#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "bench/models/model.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

/// What a forked worker does: made in the child, after the fork.
class forked_worker {
 public:
  virtual ~forked_worker() = default;
  /// Runs its lanes until the run is over.
  virtual void run(run_control& control, tally& mine) = 0;
};

/// Worker processes, forked from a process that has no threads yet. They share the run's control
/// and the start signal through memory, and hand their counts back through one socket.
class forked_workers {
 public:
  /// Forks `count` workers; `make(i)` runs in the i-th child. Throws `error` when a child could not
  /// be made ready.
  forked_workers(std::uint32_t count,
                 const std::function<std::unique_ptr<forked_worker>(std::uint32_t)>& make);
  /// Ends the workers and waits for them.
  ~forked_workers();
  forked_workers(const forked_workers&) = delete;
  forked_workers& operator=(const forked_workers&) = delete;

  /// Copies `control` to the workers, releases them, gathers what they counted. Throws `error`
  /// (failed) when one died.
  run_outcome run(run_control& control, double seconds);
  const std::vector<pid_t>& children() const { return workers_; }

 private:
  struct shared_page;
  [[noreturn]] void serve(std::uint32_t number, int socket,
                          const std::function<std::unique_ptr<forked_worker>(std::uint32_t)>& make);
  void for_each_message(
      const char* when,
      const std::function<void(std::size_t worker, const nlohmann::json& told)>& take);
  void end();

  shared_page* shared_ = nullptr;
  descriptor channel_;  ///< on which all workers answer
  std::vector<pid_t> workers_;
};

}  // namespace crossover
