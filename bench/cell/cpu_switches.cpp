#include "bench/cell/cpu_switches.hpp"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Sizes in bytes of the kernel's record buffers: maximum for all CPUs, minimum and maximum per
/// CPU.
constexpr std::size_t most_of_all = 128 << 20, least_of_one = 256 << 10, most_of_one = 8 << 20;

/// Returns the buffer size per CPU, a power of 2 as the kernel requires.
std::size_t bytes_for_one_of(std::size_t cpus) {
  return std::clamp(std::bit_floor(most_of_all / cpus), least_of_one, most_of_one);
}

int open_on(int cpu) {
  perf_event_attr what{};
  what.size = sizeof what;
  what.type = PERF_TYPE_SOFTWARE;
  what.config = PERF_COUNT_SW_DUMMY;  // counts nothing; only its switch records are used
  what.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
  what.sample_id_all = 1;
  what.context_switch = 1;
  what.inherit = 1;
  what.exclude_kernel = 1;
  what.exclude_hv = 1;
  what.use_clockid = 1;
  what.clockid = CLOCK_MONOTONIC;
  return static_cast<int>(::syscall(SYS_perf_event_open, &what, 0, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

error refused(int errno_value) {
  return error(error_kind::unsupported,
               fmt::format("cannot trace context switches (perf_event_open: {}): set "
                           "kernel.perf_event_paranoid to 2 or lower, run as root, or grant "
                           "the container CAP_PERFMON",
                           std::strerror(errno_value)));
}

/// Fields after a record's header, as selected by `sample_type`.
struct record_tail {
  std::uint32_t process, thread;
  std::uint64_t time_ns;
  std::uint32_t cpu, reserved;
};

}  // namespace

struct cpu_switches::ring {
  int fd = -1;
  int cpu = 0;
  perf_event_mmap_page* page = nullptr;
  std::size_t bytes = 0;  ///< size of the record area, without the header page

  const char* data() const { return reinterpret_cast<const char*>(page) + ::sysconf(_SC_PAGESIZE); }
  std::uint64_t head() const {
    return std::atomic_ref(page->data_head).load(std::memory_order_acquire);
  }
  void consume(std::uint64_t until) {
    std::atomic_ref(page->data_tail).store(until, std::memory_order_release);
  }
  void copy(std::uint64_t from, void* into, std::size_t size) const {
    for (std::size_t i = 0; i < size; ++i) static_cast<char*>(into)[i] = data()[(from + i) % bytes];
  }
};

cpu_switches::cpu_switches(const std::vector<int>& cpus) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (const int cpu : cpus) {
    ring& r = rings_.emplace_back();
    r.cpu = cpu;
    r.fd = open_on(cpu);
    int reason = errno;
    // An unprivileged process may lock less memory (sysctl kernel.perf_event_mlock_kb).
    for (r.bytes = bytes_for_one_of(cpus.size()); r.fd >= 0 && r.bytes >= least_of_one;
         r.bytes /= 2) {
      void* memory = ::mmap(nullptr, page + r.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, 0);
      reason = errno;
      if (memory == MAP_FAILED) continue;
      r.page = static_cast<perf_event_mmap_page*>(memory);
      break;
    }
    if (r.page == nullptr) {
      close();
      throw refused(reason);
    }
  }
}

void cpu_switches::close() {
  for (ring& r : rings_) {
    if (r.page != nullptr)
      ::munmap(r.page, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + r.bytes);
    if (r.fd >= 0) ::close(r.fd);
  }
  rings_.clear();
}

cpu_switches::~cpu_switches() { close(); }

void cpu_switches::start() {
  for (ring& r : rings_) r.consume(r.head());
}

std::vector<cpu_switch> cpu_switches::take(std::uint64_t& lost) {
  std::vector<cpu_switch> all;
  for (ring& r : rings_) {
    const std::uint64_t head = r.head();
    for (std::uint64_t at = r.page->data_tail; at < head;) {
      perf_event_header record{};
      r.copy(at, &record, sizeof record);
      if (record.type == PERF_RECORD_LOST) {
        std::uint64_t counts[2];  // id, lost
        r.copy(at + sizeof record, counts, sizeof counts);
        lost += counts[1];
      } else if (record.type == PERF_RECORD_SWITCH) {
        record_tail tail{};
        r.copy(at + sizeof record, &tail, sizeof tail);
        const bool out = (record.misc & PERF_RECORD_MISC_SWITCH_OUT) != 0;
        const bool preempted = (record.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0;
        all.push_back({static_cast<std::int64_t>(tail.time_ns), r.cpu,
                       static_cast<int>(tail.thread),
                       !out        ? switch_kind::in
                       : preempted ? switch_kind::preempted
                                   : switch_kind::waits});
      }
      if (record.size == 0) break;
      at += record.size;
    }
    r.consume(head);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const cpu_switch& a, const cpu_switch& b) { return a.ns < b.ns; });
  return all;
}

std::string cpu_switches_refusal() {
  try {
    const cpu_switches probe({::sched_getcpu()});
    return {};
  } catch (const error& trouble) {
    return trouble.what();
  }
}

}  // namespace crossover
