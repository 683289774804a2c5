#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/results/trace.hpp"

namespace crossover {

/// Hears from the kernel when a thread of this process, or of one that it forks later, comes onto a
/// CPU and leaves it: context-switch records of perf_event_open(2), which need no hardware
/// counters.
class cpu_switches {
 public:
  /// For the calling thread and all that it starts from now on, on these CPUs. Throws `error`
  /// (unsupported) where the kernel refuses.
  explicit cpu_switches(const std::vector<int>& cpus);
  ~cpu_switches();
  cpu_switches(const cpu_switches&) = delete;
  cpu_switches& operator=(const cpu_switches&) = delete;

  /// Throws away what came until now.
  void start();
  /// What came since then, in order of time on each CPU; `lost` grows by the records for which
  /// there was no room.
  std::vector<cpu_switch> take(std::uint64_t& lost);

 private:
  struct ring;
  void close();
  std::vector<ring> rings_;
};

/// Why this kernel tells us nothing of its switches ("" when it does).
std::string cpu_switches_refusal();

}  // namespace crossover
