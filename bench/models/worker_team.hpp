#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace crossover {

/// Threads that are each bound to one CPU, owned by the team. The calling thread is worker 0, so a
/// team of one needs no hand-over.
class worker_team {
 public:
  /// Starts one worker per CPU. Binds the calling thread to the first CPU.
  explicit worker_team(const std::vector<int>& cpus);
  ~worker_team();
  worker_team(const worker_team&) = delete;
  worker_team& operator=(const worker_team&) = delete;

  std::uint32_t size() const { return static_cast<std::uint32_t>(threads_.size()) + 1; }

  /// Runs `work(i)` on all workers at the same time and returns when all have finished. Rethrows
  /// the first exception.
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

/// Binds the calling thread to these CPUs. Throws `error` (unsupported) if the kernel refuses.
void bind_to_cpus(const std::vector<int>& cpus);

}  // namespace crossover
