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
constexpr std::size_t max_total_bytes = 128 << 20, min_ring_bytes = 256 << 10,
                      max_ring_bytes = 8 << 20;

/// Returns the buffer size per CPU, a power of 2 as the kernel requires.
std::size_t ring_bytes(std::size_t cpus) {
  return std::clamp(std::bit_floor(max_total_bytes / cpus), min_ring_bytes, max_ring_bytes);
}

int open_switch_counter(int cpu) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_DUMMY;  // counts nothing; only its switch records are used
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
  attributes.sample_id_all = 1;
  attributes.context_switch = 1;
  attributes.inherit = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  return static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, 0, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

error tracing_refusal(int errno_value) {
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
    r.fd = open_switch_counter(cpu);
    int reason = errno;
    // An unprivileged process may lock less memory (sysctl kernel.perf_event_mlock_kb).
    for (r.bytes = ring_bytes(cpus.size()); r.fd >= 0 && r.bytes >= min_ring_bytes; r.bytes /= 2) {
      void* memory = ::mmap(nullptr, page + r.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, 0);
      reason = errno;
      if (memory == MAP_FAILED) continue;
      r.page = static_cast<perf_event_mmap_page*>(memory);
      break;
    }
    if (r.page == nullptr) {
      close();
      throw tracing_refusal(reason);
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
    for (std::uint64_t position = r.page->data_tail; position < head;) {
      perf_event_header record{};
      r.copy(position, &record, sizeof record);
      if (record.type == PERF_RECORD_LOST) {
        std::uint64_t counts[2];  // id, lost
        r.copy(position + sizeof record, counts, sizeof counts);
        lost += counts[1];
      } else if (record.type == PERF_RECORD_SWITCH) {
        record_tail tail{};
        r.copy(position + sizeof record, &tail, sizeof tail);
        const bool out = (record.misc & PERF_RECORD_MISC_SWITCH_OUT) != 0;
        const bool preempted = (record.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0;
        all.push_back({static_cast<std::int64_t>(tail.time_ns), r.cpu,
                       static_cast<int>(tail.thread),
                       !out        ? switch_kind::in
                       : preempted ? switch_kind::preempted
                                   : switch_kind::waits});
      }
      if (record.size == 0) break;
      position += record.size;
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
  } catch (const error& e) {
    return e.what();
  }
}

}  // namespace crossover
