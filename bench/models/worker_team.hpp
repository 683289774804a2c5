#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace crossover {

/// Threads that are each bound to one CPU and live as long as the team; the calling thread is
/// worker 0, so a team of one has no hand-over at all.
class worker_team {
 public:
  /// One worker a CPU. Binds the calling thread to the first.
  explicit worker_team(const std::vector<int>& cpus);
  ~worker_team();
  worker_team(const worker_team&) = delete;
  worker_team& operator=(const worker_team&) = delete;

  std::uint32_t size() const { return static_cast<std::uint32_t>(threads_.size()) + 1; }

  /// Runs `work(i)` on every worker at once; returns when all are done. Rethrows the first
  /// exception.
  void run(const std::function<void(std::uint32_t)>& work);

 private:
  void serve(std::uint32_t number, int cpu);
  void attempt(std::uint32_t number);

  const std::function<void(std::uint32_t)>* work_ = nullptr;
  std::atomic<std::uint32_t> turn_ = 0;
  std::atomic<std::uint32_t> running_ = 0;
  std::atomic<bool> over_ = false;
  std::atomic<bool> caught_ = false;
  std::exception_ptr trouble_;
  std::vector<std::thread> threads_;
};

/// Binds the calling thread to these CPUs. Throws `error` (unsupported) when the machine refuses.
void bind_to_cpus(const std::vector<int>& cpus);

}  // namespace crossover
