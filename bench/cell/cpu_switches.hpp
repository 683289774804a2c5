#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/results/trace.hpp"

namespace crossover {

/// Records context switches of this process and its later children (perf_event_open(2), no hardware
/// counters needed).
class cpu_switches {
 public:
  /// Records the calling thread and everything that it starts later, on these CPUs. Throws `error`
  /// (unsupported) if the kernel refuses.
  explicit cpu_switches(const std::vector<int>& cpus);
  ~cpu_switches();
  cpu_switches(const cpu_switches&) = delete;
  cpu_switches& operator=(const cpu_switches&) = delete;

  /// Discards the records so far.
  void start();
  /// Returns the records since `start`, in order of time. Adds the number of records that did not
  /// fit to `lost`.
  std::vector<cpu_switch> take(std::uint64_t& lost);

 private:
  struct ring;
  void close();
  std::vector<ring> rings_;
};

/// Returns why this kernel does not record context switches, or "" if it does.
std::string cpu_switches_refusal();

}  // namespace crossover
