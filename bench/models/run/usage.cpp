#include "bench/models/run/usage.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace crossover {
namespace {

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

usage usage_of(__rusage_who_t who) {
  rusage r{};
  ::getrusage(who, &r);
  return {seconds(r.ru_utime),
          seconds(r.ru_stime),
          static_cast<std::uint64_t>(r.ru_nvcsw),
          static_cast<std::uint64_t>(r.ru_nivcsw),
          static_cast<std::uint64_t>(r.ru_minflt),
          static_cast<std::uint64_t>(r.ru_majflt)};
}

/// Returns the kB value after `key` in a /proc file, in bytes.
std::uint64_t kib_line(const std::string& path, const std::string& key) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return std::stoull(line.substr(key.size())) * 1024;
  return 0;
}

/// Resident pages of a process, in bytes.
struct memory_of_process {
  std::uint64_t own = 0, shared = 0;
};

memory_of_process read_memory(const std::string& path) {
  std::ifstream in(path);
  std::uint64_t resident = 0, own = 0;
  for (std::string line; std::getline(in, line);)
    for (const auto& [key, sum] : {std::pair{"Rss:", &resident}, std::pair{"Private_Clean:", &own},
                                   std::pair{"Private_Dirty:", &own}})
      if (line.starts_with(key)) *sum += std::stoull(line.substr(std::strlen(key))) * 1024;
  return {own, resident - std::min(own, resident)};
}

}  // namespace

usage operator-(const usage& a, const usage& b) {
  return {a.cpu_user_s - b.cpu_user_s,
          a.cpu_system_s - b.cpu_system_s,
          a.voluntary_switches - b.voluntary_switches,
          a.involuntary_switches - b.involuntary_switches,
          a.minor_faults - b.minor_faults,
          a.major_faults - b.major_faults};
}

usage operator+(const usage& a, const usage& b) {
  return {a.cpu_user_s + b.cpu_user_s,
          a.cpu_system_s + b.cpu_system_s,
          a.voluntary_switches + b.voluntary_switches,
          a.involuntary_switches + b.involuntary_switches,
          a.minor_faults + b.minor_faults,
          a.major_faults + b.major_faults};
}

usage usage_of_this_process() { return usage_of(RUSAGE_SELF) + usage_of(RUSAGE_CHILDREN); }

std::uint64_t largest_child_bytes() {
  rusage r{};
  ::getrusage(RUSAGE_CHILDREN, &r);
  const auto largest = static_cast<std::uint64_t>(r.ru_maxrss) * 1024;
  // A worker that starts programs may have grown by some pages since its fork.
  constexpr std::uint64_t tolerance = 2 << 20;
  return largest > kib_line("/proc/self/status", "VmHWM:") + tolerance ? largest : 0;
}

std::uint64_t resident_bytes() { return kib_line("/proc/self/status", "VmRSS:"); }

std::uint64_t tree_memory_bytes(std::span<const int> children) {
  std::uint64_t own = 0, shared = 0;
  const auto add = [&](const std::string& path) {
    const memory_of_process m = read_memory(path);
    own += m.own;
    shared = std::max(shared, m.shared);
  };
  add("/proc/self/smaps_rollup");
  for (const int pid : children) add(fmt::format("/proc/{}/smaps_rollup", pid));
  const std::uint64_t peak = kib_line("/proc/self/status", "VmHWM:");
  return own + shared + peak - std::min(peak, resident_bytes());
}

double cpu_seconds_of(int pid) {
  double total = 0;
  std::error_code gone;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
    std::ifstream in(task.path() / "schedstat");
    double ns = 0;
    if (in >> ns) total += ns * 1e-9;
    std::ifstream children(task.path() / "children");
    for (int child = 0; children >> child;) total += cpu_seconds_of(child);
  }
  return total;
}

std::optional<double> cpu_seconds_since(int pid, double before) {
  const double used = cpu_seconds_of(pid) - before;
  return used < 0 ? std::nullopt : std::optional(used);
}

}  // namespace crossover
