#include "bench/measure/machine_watch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>

#include "bench/measure/machine.hpp"
#include "bench/models/run/usage.hpp"
#include "workloads/base/clock.hpp"

namespace crossover {
namespace {

double timeval_seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

/// Returns user, nice, system, irq and softirq time of all CPUs since boot.
double busy_seconds() {
  std::ifstream in("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0;
  in >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq;
  return (user + nice + system + irq + softirq) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Returns the CPU time of this process, its living descendants and those it has waited for.
double own_seconds() {
  rusage ended{};
  ::getrusage(RUSAGE_CHILDREN, &ended);
  return cpu_seconds_of(::getpid()) + timeval_seconds(ended.ru_utime) +
         timeval_seconds(ended.ru_stime);
}

/// Returns the number after `key` in a file; nullopt if the file or the key is missing.
std::optional<double> number_after(const std::string& path, const std::string& key) {
  std::ifstream in(path);
  for (std::string word; in >> word;)
    if (word.starts_with(key)) {
      double number = 0;
      std::istringstream text(word.substr(key.size()));
      if (text >> number || in >> number) return number;
    }
  return std::nullopt;
}

/// Returns the "some" totals of /proc/pressure in s; nullopt if the kernel has none.
std::optional<double> stalled_seconds() {
  const auto memory = number_after("/proc/pressure/memory", "total=");
  const auto io = number_after("/proc/pressure/io", "total=");
  if (!memory && !io) return std::nullopt;
  return (memory.value_or(0) + io.value_or(0)) * 1e-6;
}

/// Returns the throttled time of this process's cgroups, if one has a CPU controller.
std::optional<double> throttled_seconds() {
  std::optional<double> throttled_s;
  for (const std::string& directory : cpu_cgroups())
    for (const auto& [key, second] :
         {std::pair("throttled_usec", 1e-6), std::pair("throttled_time", 1e-9)})
      if (const auto time = number_after(directory + "/cpu.stat", key))
        throttled_s = throttled_s.value_or(0) + *time * second;
  return throttled_s;
}

/// Returns the shortest of five runs of a fixed computation of about 0.3 ms.
double spin_seconds() {
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
  for (int run = 0; run < 5; ++run) {
    const std::int64_t begin = now_ns();
    std::uint64_t state = 1;
    for (int i = 0; i < 200'000; ++i) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
    }
    asm volatile("" : : "r"(state));
    shortest = std::min(shortest, now_ns() - begin);
  }
  return static_cast<double>(shortest) * 1e-9;
}

}  // namespace

machine_counters read_machine_counters() {
  machine_counters counters;
  counters.spin_s = spin_seconds();
  counters.ns = now_ns();
  counters.busy_s = busy_seconds();
  counters.own_s = own_seconds();
  counters.stalled_s = stalled_seconds();
  counters.throttled_s = throttled_seconds();
  return counters;
}

void machine_watch::begin_block() { before_ = read_(); }

void machine_watch::end_block() {
  after_ = read_();
  for (const double spin : {before_.spin_s, after_.spin_s})
    if (fastest_spin_s_ == 0 || spin < fastest_spin_s_) fastest_spin_s_ = spin;
}

void machine_watch::describe(sample& s) const {
  s.block_s = static_cast<double>(after_.ns - before_.ns) * 1e-9;
  s.foreign_cpu_s =
      std::max(0.0, (after_.busy_s - before_.busy_s) - (after_.own_s - before_.own_s));
  if (before_.stalled_s && after_.stalled_s) s.pressure_s = *after_.stalled_s - *before_.stalled_s;
  if (before_.throttled_s && after_.throttled_s)
    s.throttled_s = *after_.throttled_s - *before_.throttled_s;
  if (fastest_spin_s_ > 0) s.slowness = std::max(before_.spin_s, after_.spin_s) / fastest_spin_s_;
}

}  // namespace crossover
