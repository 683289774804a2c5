#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace crossover {

/// Resource usage of a process (getrusage).
struct usage {
  double cpu_user_s = 0;
  double cpu_system_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
};
usage operator-(const usage& a, const usage& b);
usage operator+(const usage& a, const usage& b);

/// Returns the usage of the calling process: all its threads, and the children that it has waited
/// for. A model waits for its workers only after its last run.
usage usage_of_this_process();

/// Returns the largest resident memory in bytes of a child that this process has waited for, or of
/// that child's children; 0 if it was not larger than this process. The kernel also counts what a
/// child had before exec(2), a copy of this process, so a smaller figure says nothing.
std::uint64_t largest_child_bytes();

/// Returns the calling process's resident memory in bytes (VmRSS), or 0 if /proc cannot be read.
std::uint64_t resident_bytes();

/// Returns the peak memory of this process and the memory of its children in bytes: the private
/// pages of each, and shared pages once (those of the process that shares most). Children are
/// workers, whose lanes live until they end; threads may have ended. This measure suits every
/// model. Summed resident sets would count a page shared by n processes n times, and proportional
/// sets depend on other programs on the machine.
std::uint64_t tree_memory_bytes(std::span<const int> children);

/// Returns the CPU time in s used so far by all threads of a process and of its descendants
/// (schedstat, ns resolution); 0 if the process is gone.
double cpu_seconds_of(int pid);

/// Returns the CPU time in s used since cpu_seconds_of() returned `before`; nullopt if one of the
/// processes has ended with its share of it.
std::optional<double> cpu_seconds_since(int pid, double before);

}  // namespace crossover
