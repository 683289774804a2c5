#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace crossover {

/// Threads that start and finish each run together, owned by the team.
class worker_team {
 public:
  /// Number of threads for a team that is not bound to CPUs.
  struct unbound {
    std::uint32_t threads;
  };

  /// Starts one worker per CPU, bound to it. The calling thread is worker 0 and is bound to the
  /// first CPU, so a team of one needs no hand-over.
  explicit worker_team(const std::vector<int>& cpus);
  /// Starts workers that inherit the CPUs of the calling thread, which only waits for them.
  explicit worker_team(unbound workers);
  ~worker_team();
  worker_team(const worker_team&) = delete;
  worker_team& operator=(const worker_team&) = delete;

  std::uint32_t size() const {
    return static_cast<std::uint32_t>(threads_.size()) + (caller_works_ ? 1 : 0);
  }

  /// Runs `work(i)` on all workers at the same time and returns when all have finished. Rethrows
  /// the first exception.
  void run(const std::function<void(std::uint32_t)>& work);

 private:
  void serve(std::uint32_t number);
  void attempt(std::uint32_t number);
  void keep_first_exception();

  bool caller_works_;
  const std::function<void(std::uint32_t)>* work_ = nullptr;
  std::atomic<std::uint32_t> generation_ = 0;  ///< a change starts the workers
  std::atomic<std::uint32_t> running_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

/// Binds the calling thread to these CPUs. Throws `error` (unsupported) if the kernel refuses.
void bind_to_cpus(const std::vector<int>& cpus);

}  // namespace crossover
