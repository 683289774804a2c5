#include "bench/cell/clock_cost.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "workloads/base/clock.hpp"

namespace crossover {

double clock_reading_ns() {
  constexpr int readings = 1000;
  std::int64_t minimum = std::numeric_limits<std::int64_t>::max();
  for (int batch = 0; batch < 5; ++batch) {
    const std::int64_t start = now_ns();
    for (int i = 1; i < readings; ++i) now_ns();
    minimum = std::min(minimum, now_ns() - start);
  }
  return static_cast<double>(minimum) / readings;
}

std::uint32_t sampling_interval_for(const sample& s, std::uint32_t cores) {
  constexpr double usual_reading_ns = 25;
  // While other programs run, an operation's CPU time is less than its share of the cores.
  const double cpu_s = s.cpu_user_s.value_or(0) + s.cpu_system_s.value_or(0);
  const double cores_s = s.wall_s * cores;
  const double timed_operation_ns =
      (cpu_s > 0 ? std::min(cpu_s, cores_s) : cores_s) * 1e9 / static_cast<double>(s.operations);
  const double operation_ns = std::max(1.0, timed_operation_ns - usual_reading_ns);
  const double share = usual_reading_ns / (0.02 * operation_ns);
  return share <= 1
             ? 1
             : std::min(1024U, std::bit_ceil(static_cast<std::uint32_t>(std::ceil(2 * share))));
}

}  // namespace crossover
