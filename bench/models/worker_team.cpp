#include "bench/models/worker_team.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <cerrno>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {

void bind_to_cpus(const std::vector<int>& cpus) {
  cpu_set_t* const set = CPU_ALLOC(CPU_SETSIZE * 8);
  const std::size_t size = CPU_ALLOC_SIZE(CPU_SETSIZE * 8);
  CPU_ZERO_S(size, set);
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), size, set);
  const int failed = ::sched_setaffinity(0, size, set);
  const int reason = errno;
  CPU_FREE(set);
  if (failed != 0)
    throw system_failure(error_kind::unsupported,
                         fmt::format("cannot bind to CPU {}", fmt::join(cpus, ",")), reason);
}

worker_team::worker_team(const std::vector<int>& cpus) : caller_works_(true) {
  bind_to_cpus({cpus.front()});
  for (std::uint32_t i = 1; i < cpus.size(); ++i)
    threads_.emplace_back([this, i, cpu = cpus[i]] {
      try {
        bind_to_cpus({cpu});
      } catch (...) {
        keep_first_exception();
      }
      serve(i);
    });
}

worker_team::worker_team(unbound workers) : caller_works_(false) {
  for (std::uint32_t i = 0; i < workers.threads; ++i)
    threads_.emplace_back([this, i] { serve(i); });
}

worker_team::~worker_team() {
  stopping_ = true;
  ++generation_;
  generation_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void worker_team::serve(std::uint32_t number) {
  for (std::uint32_t seen = 0;;) {
    generation_.wait(seen);
    seen = generation_.load();
    if (stopping_) return;
    attempt(number);
    if (--running_ == 0) running_.notify_one();
  }
}

void worker_team::attempt(std::uint32_t number) {
  try {
    (*work_)(number);
  } catch (...) {
    keep_first_exception();
  }
}

void worker_team::keep_first_exception() {
  if (!failed_.exchange(true)) failure_ = std::current_exception();
}

void worker_team::run(const std::function<void(std::uint32_t)>& work) {
  work_ = &work;
  running_ = static_cast<std::uint32_t>(threads_.size());
  ++generation_;
  generation_.notify_all();
  if (caller_works_) attempt(0);
  for (std::uint32_t left = running_; left != 0; left = running_) running_.wait(left);
  if (failed_.exchange(false)) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace crossover
