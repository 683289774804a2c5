#include "workloads/trace_points.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <unordered_map>

#include "workloads/base/clock.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

struct trace_recorder::header {
  std::atomic<bool> started = false;
  std::atomic<std::uint64_t> taken = 0;  ///< parts assigned to threads
  std::atomic<std::uint64_t> lost = 0;
  std::uint32_t generation = 0;
};

namespace {

/// Few, since a thread may end after one operation.
constexpr std::uint32_t points_per_part = 64;

}  // namespace

struct trace_recorder::part {
  int thread;
  int cpu;
  std::atomic<std::uint32_t> count;
  trace_point points[points_per_part];
};

namespace {

/// Number of recorders so far. A thread that outlives a recorder must not write to its old part.
std::atomic<std::uint32_t> recorders = 0;

// State of the calling thread. A forked worker inherits it, so a model must fork before `start`; it
// forks in `prepare`.
thread_local void* own_part = nullptr;
thread_local std::uint32_t own_generation = 0;
thread_local std::uint32_t current_lane = no_lane;

}  // namespace

std::uint32_t traced_lane() { return current_lane; }

trace_recorder::trace_recorder(std::uint32_t threads)
    : part_count_(threads * (points_per_thread / points_per_part)),
      bytes_(sizeof(header) + alignof(part) + part_count_ * sizeof(part)) {
  void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw system_failure(error_kind::resource, "no address space for a trace (reduce --in-flight)",
                         errno);
  shared_ = new (memory) header;
  shared_->generation = ++recorders;
  parts_ =
      reinterpret_cast<part*>(static_cast<char*>(memory) +
                              (sizeof(header) + alignof(part) - 1) / alignof(part) * alignof(part));
}

trace_recorder::~trace_recorder() { ::munmap(shared_, bytes_); }

void trace_recorder::start() { shared_->started = true; }

void trace_recorder::record(trace_mark mark, std::uint32_t lane) {
  current_lane = mark == trace_mark::idle ? no_lane : lane;
  if (!shared_->started.load(std::memory_order_relaxed)) return;
  auto* thread_part = static_cast<part*>(own_part);
  if (thread_part == nullptr || own_generation != shared_->generation ||
      thread_part->count.load(std::memory_order_relaxed) == points_per_part) {
    const std::uint64_t index = shared_->taken.fetch_add(1);
    if (index >= part_count_) {
      ++shared_->lost;
      return;
    }
    thread_part = &parts_[index];
    thread_part->thread = static_cast<int>(::gettid());
    thread_part->cpu = ::sched_getcpu();
    own_part = thread_part;
    own_generation = shared_->generation;
  }
  const std::uint32_t count = thread_part->count.load(std::memory_order_relaxed);
  thread_part->points[count] = {now_ns(), lane, mark};
  thread_part->count.store(count + 1, std::memory_order_release);
}

std::vector<thread_points> trace_recorder::take() const {
  std::vector<thread_points> all;
  std::unordered_map<int, std::size_t> positions;  // in `all`, by thread
  for (std::uint32_t i = 0; i < shared_->taken.load() && i < part_count_; ++i) {
    const part& p = parts_[i];
    const auto [position, is_new] = positions.emplace(p.thread, all.size());
    if (is_new) all.push_back({p.thread, p.cpu, {}});
    std::vector<trace_point>& points = all[position->second].points;
    points.insert(points.end(), p.points, p.points + p.count.load(std::memory_order_acquire));
  }
  return all;
}

std::uint64_t trace_recorder::lost() const { return shared_->lost; }

}  // namespace crossover
