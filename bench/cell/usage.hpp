#pragma once

#include <cstdint>
#include <span>

namespace crossover {

/// What the operating system says a process has used (getrusage).
struct usage {
  double cpu_user_s = 0;
  double cpu_system_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
};
usage operator-(const usage& a, const usage& b);

/// Of the calling process, all its threads; not of its children.
usage usage_of_this_process();

/// Resident memory of the calling process now, in bytes (VmRSS); 0 when /proc cannot be read.
std::uint64_t resident_bytes();

/// Memory of this process and its children: the peak resident set of a lone process (VmHWM); with
/// children, the sum of proportional set sizes (PSS), in which a page that n processes share counts
/// 1/n in each, since summed resident sets overcount.
std::uint64_t tree_memory_bytes(std::span<const int> children);

/// CPU time, in s, that all threads of a process and of the processes under it have used so far
/// (schedstat, ns resolution); 0 when it is gone.
double cpu_seconds_of(int pid);

}  // namespace crossover
