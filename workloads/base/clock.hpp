#pragma once

#include <time.h>

#include <cstdint>

namespace crossover {

/// CLOCK_MONOTONIC in ns: one clock for all processes of the machine.
inline std::int64_t now_ns() {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

}  // namespace crossover
