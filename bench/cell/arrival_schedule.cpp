#include "bench/cell/arrival_schedule.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <random>

#include "workloads/base/error.hpp"

namespace crossover {

arrival_schedule::arrival_schedule() {
  void* memory = ::mmap(nullptr, most * sizeof(std::int64_t), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw system_failure(error_kind::resource, "cannot reserve memory for the schedule", errno);
  times_ = static_cast<std::int64_t*>(memory);
}

arrival_schedule::~arrival_schedule() { ::munmap(times_, most * sizeof(std::int64_t)); }

std::size_t arrival_schedule::fill(double rate, double seconds, bool poisson, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(rate);
  std::size_t count = 0;
  for (double at = poisson ? gap(random) : 0; at < seconds;
       at += poisson ? gap(random) : 1 / rate) {
    if (count == most)
      throw error(
          error_kind::invalid,
          fmt::format(
              "{} operations per second for {} s: a schedule holds at most {}; reduce one of them",
              rate, seconds, most));
    times_[count++] = static_cast<std::int64_t>(at * 1e9);
  }
  return count;
}

}  // namespace crossover
