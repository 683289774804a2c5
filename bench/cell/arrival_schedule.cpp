#include "bench/cell/arrival_schedule.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <random>

#include "workloads/base/error.hpp"

namespace crossover {

arrival_schedule::arrival_schedule() {
  void* memory = ::mmap(nullptr, max_arrivals * sizeof(std::int64_t), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw system_failure(error_kind::resource, "cannot reserve memory for the schedule", errno);
  times_ = static_cast<std::int64_t*>(memory);
}

arrival_schedule::~arrival_schedule() { ::munmap(times_, max_arrivals * sizeof(std::int64_t)); }

std::size_t arrival_schedule::fill(double rate, double seconds, bool poisson, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(rate);
  std::size_t count = 0;
  for (double arrival_s = poisson ? gap(random) : 0; arrival_s < seconds;
       arrival_s += poisson ? gap(random) : 1 / rate) {
    if (count == max_arrivals)
      throw error(
          error_kind::invalid,
          fmt::format(
              "{} operations per second for {} s: a schedule holds at most {}; reduce one of them",
              rate, seconds, max_arrivals));
    times_[count++] = static_cast<std::int64_t>(arrival_s * 1e9);
  }
  return count;
}

}  // namespace crossover
