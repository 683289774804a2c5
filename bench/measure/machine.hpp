#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crossover {

/// One CPU (hardware thread) and where it sits.
struct cpu_location {
  int cpu = 0;   ///< the operating system's number
  int core = 0;  ///< physical core; CPUs of one core are SMT siblings
  int package = 0;
  int numa_node = 0;
};

/// The CPUs that this process may use, and what bounds them.
struct machine {
  std::vector<cpu_location> cpus;  ///< in the order in which cells are given them: one of each core
                                   ///< first, then the siblings
  double quota = 0;                ///< CPUs' worth of time that the cgroup grants; 0: no bound
  std::uint32_t cores() const;     ///< physical cores among them
  /// How many CPUs a cell may be given: never more than the quota grants.
  std::uint32_t usable() const;
};

/// Reads the topology with hwloc, the process's CPU affinity and the cgroup's quota. `synthetic`:
/// an hwloc description to read instead of this machine, as "pack:2 core:32 pu:2" (for tests).
/// Throws `error` (unsupported).
machine read_machine(const std::string& synthetic = "");

/// CPUs' worth of time in a cgroup's cpu.max ("200000 100000" is 2; "max 100000" is 0, no bound).
double quota_of(const std::string& cpu_max);

/// Who runs where in a cell of `cores` CPUs.
struct cpu_assignment {
  std::vector<int> cell;    ///< the cell process and all that it starts
  std::vector<int> server;  ///< the server that it talks to
  bool shared = false;  ///< the fixture has to run on the cell's CPUs, since there are no others
};

/// The first `cores` CPUs go to the cell; the fixture gets those whose physical core the cell does
/// not use, or else all of the cell's. `cores` is at most `here.usable()`.
cpu_assignment assign_cpus(const machine& here, std::uint32_t cores);

/// 1, 2, 4, … and the number of usable CPUs itself: the axis of cores where the user names none.
std::vector<std::uint32_t> standard_cores(const machine& here);

}  // namespace crossover
