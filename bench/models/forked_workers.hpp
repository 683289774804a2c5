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

/// Work of one forked worker; constructed in the child, after the fork.
class forked_worker {
 public:
  virtual ~forked_worker() = default;
  /// Runs its lanes until the run is over.
  virtual void run(run_control& control, tally& worker) = 0;
};

/// Worker processes, forked from a process that has no other threads. Run control and start signal
/// are in shared memory; the workers report their counts through one socket.
class forked_workers {
 public:
  /// Forks `count` workers; `make(i)` runs in the i-th child, which counts in slot i of `board`.
  /// Throws `error` if a worker fails to start.
  forked_workers(run_board& board, std::uint32_t count,
                 const std::function<std::unique_ptr<forked_worker>(std::uint32_t)>& make);
  /// Stops the workers and waits for them to exit.
  ~forked_workers();
  forked_workers(const forked_workers&) = delete;
  forked_workers& operator=(const forked_workers&) = delete;

  /// Runs the workers and adds up their counts. Throws `error` (failed) if a worker dies or reports
  /// an exception.
  worker_totals run();
  const std::vector<pid_t>& children() const { return workers_; }

 private:
  struct shared_page;
  [[noreturn]] void serve(std::uint32_t number, int socket,
                          const std::function<std::unique_ptr<forked_worker>(std::uint32_t)>& make);
  void for_each_message(
      const char* when,
      const std::function<void(std::size_t worker, const nlohmann::json& message)>& take);
  void stop();

  run_board& board_;
  shared_page* shared_ = nullptr;
  descriptor channel_;  ///< receives the messages of all workers
  std::vector<pid_t> workers_;
};

}  // namespace crossover
