#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "bench/results/results.hpp"

namespace crossover {

/// Counters that show if other programs or the hypervisor disturbed a block.
struct machine_counters {
  std::int64_t ns = 0;  ///< time of the reading
  double busy_s = 0;    ///< CPU time of all processes on all CPUs (/proc/stat)
  double own_s = 0;     ///< part of `busy_s` used by this process and its descendants
  /// Time during which a task waited for memory or I/O (/proc/pressure).
  std::optional<double> stalled_s;
  std::optional<double> throttled_s;  ///< time that the cgroup's CPU quota withheld
  double spin_s = 0;                  ///< duration of a computation of fixed length
};

/// Reads the machine's counters; takes about 2 ms.
machine_counters read_machine_counters();

/// Watches the machine while blocks are measured.
class machine_watch {
 public:
  explicit machine_watch(std::function<machine_counters()> read = read_machine_counters)
      : read_(std::move(read)) {}

  void begin_block();
  void end_block();
  /// Stores the disturbances of the last block in one of its samples.
  void describe(sample& s) const;

 private:
  std::function<machine_counters()> read_;
  machine_counters before_, after_;
  double fastest_spin_s_ = 0;
};

}  // namespace crossover
