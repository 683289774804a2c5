#include "bench/models/run/run_board.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

constexpr std::size_t control_bytes = (sizeof(run_control) + 63) / 64 * 64;

}  // namespace

run_board::run_board(std::size_t workers)
    : workers_(workers), bytes_(control_bytes + workers * sizeof(worker_slot)) {
  void* const memory =
      ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw system_failure(error_kind::resource, "cannot map shared memory for workers", errno);
  control_ = new (memory) run_control;
  slots_ = reinterpret_cast<worker_slot*>(static_cast<std::byte*>(memory) + control_bytes);
  for (std::size_t i = 0; i < workers; ++i) new (&slots_[i]) worker_slot;
}

run_board::~run_board() { ::munmap(control_, bytes_); }

std::vector<std::uint64_t> run_board::operations() const {
  std::vector<std::uint64_t> counts(workers_);
  for (std::size_t i = 0; i < workers_; ++i)
    counts[i] = slots_[i].operations.load(std::memory_order_relaxed);
  return counts;
}

}  // namespace crossover
