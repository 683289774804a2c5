#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crossover {

/// One CPU (hardware thread) and its location.
struct cpu_location {
  int cpu = 0;   ///< number in the operating system
  int core = 0;  ///< physical core; CPUs of one core are SMT siblings
  int package = 0;
  int numa_node = 0;
  int kind = 0;  ///< of its core: 0 is the fastest kind of a hybrid machine, 1 the next
};

/// CPUs that this process may use, and their quota.
struct machine {
  /// CPUs in the order of assignment to cells: one of each core, fast kinds first, then the
  /// siblings.
  std::vector<cpu_location> cpus;
  double quota = 0;             ///< CPU quota of the cgroup, in CPUs; 0: unlimited
  std::uint32_t cores() const;  ///< number of physical cores
  /// Returns the maximum number of CPUs of a cell, within the quota.
  std::uint32_t usable() const;
};

/// Reads the topology (hwloc), the process's CPU affinity and the cgroup's quota. `description`: a
/// machine to use instead of this one (for tests), as hwloc's XML or its synthetic form, such as
/// "pack:2 core:32 pu:2". Throws `error` (unsupported).
machine read_machine(const std::string& description = "");

/// Returns the directories of this process's cgroups and their ancestors with a CPU controller (v1
/// and v2). Some may not exist.
std::vector<std::string> cpu_cgroups();

/// Returns a cgroup's cpu.max in CPUs ("200000 100000": 2; "max 100000": 0, unlimited).
double quota_of(const std::string& cpu_max);

/// CPUs of a cell and of its server.
struct cpu_assignment {
  std::vector<int> cell;    ///< CPUs of the cell process and everything that it starts
  std::vector<int> server;  ///< CPUs of its server
  bool shared = false;      ///< the server runs on the cell's CPUs, since there are no others
};

/// Assigns the first `cores` CPUs to the cell, and to the server the CPUs of the physical cores
/// that the cell does not use, within the quota: a server beyond it would be stopped together with
/// the cell. If there are none, both share. `cores` is at most `computer.usable()`.
cpu_assignment assign_cpus(const machine& computer, std::uint32_t cores);

/// Returns 1, 2, 4, … and the number of usable CPUs: the default axis of cores.
std::vector<std::uint32_t> standard_cores(const machine& computer);

}  // namespace crossover
