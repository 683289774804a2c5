#include "bench/models/forked_workers.hpp"

#include <fmt/format.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/models/run/usage.hpp"
#include "bench/results/results.hpp"
#include "bench/results/sample_json.hpp"
#include "workloads/base/child_exit.hpp"

namespace crossover {
namespace {

/// Futexes shared between processes: std::atomic::wait works only within one process.
void wait_for_change(std::atomic<std::uint32_t>& word, std::uint32_t seen) {
  while (word.load() == seen) ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
}
void wake_all(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

/// The kernel takes 208 KiB at once by default.
constexpr std::size_t max_message_bytes = 180 << 10;

/// Sends a worker message: worker number, then JSON. All workers share one channel: with a pair of
/// sockets each, every fork would copy, and every exit close, one descriptor per worker.
/// SOCK_SEQPACKET keeps messages whole.
bool write_message(int fd, std::uint32_t worker, const nlohmann::json& message) {
  std::string text(sizeof worker, '\0');
  std::memcpy(text.data(), &worker, sizeof worker);
  text += message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (;;) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n >= 0 || errno != EINTR) return n == static_cast<ssize_t>(text.size());
  }
}

/// The part of a worker's counts that travels in a message; the board has its operations.
sample counts_of(const tally& worker, latency_recorder& latency, latency_recorder& service) {
  const usage used = worker.used();
  sample counts;
  counts.cpu_user_s = used.cpu_user_s;
  counts.cpu_system_s = used.cpu_system_s;
  counts.voluntary_switches = used.voluntary_switches;
  counts.involuntary_switches = used.involuntary_switches;
  counts.minor_faults = used.minor_faults;
  counts.major_faults = used.major_faults;
  counts.errors.insert(worker.errors.begin(), worker.errors.end());
  counts.arrivals = arrival_counts{0, worker.begun, worker.late};
  counts.latency = latency.take();
  counts.service = service.take();
  return counts;
}

usage usage_of(const sample& counts) {
  return {.cpu_user_s = counts.cpu_user_s.value_or(0),
          .cpu_system_s = counts.cpu_system_s.value_or(0),
          .voluntary_switches = counts.voluntary_switches.value_or(0),
          .involuntary_switches = counts.involuntary_switches.value_or(0),
          .minor_faults = counts.minor_faults.value_or(0),
          .major_faults = counts.major_faults.value_or(0)};
}

}  // namespace

/// State shared by parent and workers, in shared memory.
struct forked_workers::shared_page {
  std::atomic<std::uint32_t> generation = 0;  ///< a change releases the workers
  /// Workers that have ended the run. They report only after the last one has: earlier reports, and
  /// the parent that they wake, would take CPU time from workers that still run.
  std::atomic<std::uint32_t> finished = 0;
  std::atomic<bool> stopping = false;
  std::uint32_t workers = 0;
};

forked_workers::forked_workers(
    run_board& board, std::uint32_t count,
    const std::function<std::unique_ptr<forked_worker>(std::uint32_t)>& make)
    : board_(board) {
  void* memory = ::mmap(nullptr, sizeof(shared_page), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw system_failure(error_kind::resource, "cannot map shared memory for forked workers",
                         errno);
  shared_ = new (memory) shared_page;
  shared_->workers = count;
  std::fflush(nullptr);
  try {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
      throw system_failure(error_kind::resource, "cannot create a socket for worker processes",
                           errno);
    channel_ = descriptor(pair[0]);
    const descriptor worker_end(pair[1]);
    for (std::uint32_t i = 0; i < count; ++i) {
      const pid_t pid = ::fork();
      if (pid < 0)
        throw system_failure(error_kind::resource,
                             fmt::format("cannot fork worker process {} of {}", i + 1, count),
                             errno);
      if (pid == 0) {
        channel_.reset();
        serve(i, worker_end.get(), make);
      }
      workers_.push_back(pid);
    }
    for_each_message("during startup", [](std::size_t, const nlohmann::json&) {});
  } catch (...) {
    stop();
    throw;
  }
}

void forked_workers::serve(
    std::uint32_t number, int socket,
    const std::function<std::unique_ptr<forked_worker>(std::uint32_t)>& make) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int status = 0;
  try {
    const std::unique_ptr<forked_worker> work = make(number);
    latency_recorder latency(1), service(1);
    tally counted(board_.slot(number), latency, service, 0, true);
    if (!write_message(socket, number, {{"ready", true}})) ::_exit(1);
    for (std::uint32_t seen = 0;;) {
      wait_for_change(shared_->generation, seen);
      seen = shared_->generation.load();
      if (shared_->stopping) break;
      counted.begin(board_.control());
      work->run(board_.control(), counted);
      counted.end();
      const std::uint32_t workers = shared_->workers;
      std::uint32_t done = ++shared_->finished;
      if (done == workers) wake_all(shared_->finished);
      for (; done < workers; done = shared_->finished.load())
        wait_for_change(shared_->finished, done);
      if (!write_message(socket, number,
                         {{"end_ns", counted.end_ns},
                          {"counts", to_json(counts_of(counted, latency, service))}}))
        break;
    }
  } catch (const std::exception& e) {
    write_message(socket, number, {{"error", e.what()}});
    status = 1;
  } catch (...) {  // of a user's operation
    write_message(socket, number,
                  {{"error", "an exception that is not derived from std::exception"}});
    status = 1;
  }
  ::_exit(status);
}

worker_totals forked_workers::run() {
  shared_->finished = 0;
  ++shared_->generation;
  wake_all(shared_->generation);

  worker_totals totals;
  latency_recorder latency(1), service(1);
  for_each_message("during the run", [&](std::size_t, const nlohmann::json& message) {
    const sample counts = sample_from_json(message.at("counts"));
    totals.end_ns = std::max(totals.end_ns, message.at("end_ns").get<std::int64_t>());
    totals.begun += counts.arrivals->begun;
    totals.late += counts.arrivals->late;
    for (const auto& [name, count] : counts.errors) totals.errors[name] += count;
    latency.add(*counts.latency);
    service.add(*counts.service);
    totals.children = totals.children + usage_of(counts);
  });
  totals.latency = latency.take();
  totals.service = service.take();
  return totals;
}

/// Waits for one message from each worker. A worker that dies sends none, so while no message
/// arrives, this checks every 200 ms which workers have exited.
void forked_workers::for_each_message(
    const char* when,
    const std::function<void(std::size_t worker, const nlohmann::json& message)>& take) {
  std::vector<char> reported(workers_.size());
  std::string text(max_message_bytes, '\0');
  for (std::size_t left = workers_.size(); left > 0;) {
    pollfd channel{channel_.get(), POLLIN, 0};
    if (::poll(&channel, 1, 200) == 0) {
      for (std::size_t i = 0; i < workers_.size(); ++i) {
        siginfo_t exited{};
        if (reported[i] ||
            ::waitid(P_PID, static_cast<id_t>(workers_[i]), &exited, WEXITED | WNOHANG | WNOWAIT) !=
                0 ||
            exited.si_pid == 0)
          continue;
        if (::poll(&channel, 1, 0) == 1) break;  // it sent a message before it exited
        throw error(error_kind::failed,
                    fmt::format("worker process {} of {} {} {}", i + 1, workers_.size(),
                                describe_exit(exited.si_code, exited.si_status), when));
      }
      continue;
    }
    const ssize_t n = ::recv(channel_.get(), text.data(), text.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    std::uint32_t worker = 0;
    if (n < static_cast<ssize_t>(sizeof worker))
      throw error(error_kind::failed, fmt::format("all worker processes died {}", when));
    std::memcpy(&worker, text.data(), sizeof worker);
    const nlohmann::json message =
        nlohmann::json::parse(text.data() + sizeof worker, text.data() + n, nullptr, false);
    if (!message.is_object() || worker >= reported.size())
      throw error(error_kind::failed,
                  fmt::format("invalid message from a worker process {}", when));
    if (message.contains("error"))
      throw error(error_kind::failed, message["error"].get<std::string>());
    take(worker, message);
    left -= reported[worker] ? 0 : 1;
    reported[worker] = 1;
  }
}

void forked_workers::stop() {
  if (shared_ == nullptr) return;
  shared_->stopping = true;
  shared_->finished = shared_->workers;
  wake_all(shared_->finished);
  ++shared_->generation;
  wake_all(shared_->generation);
  channel_.reset();  // a worker that still reports gets EPIPE
  for (const pid_t worker : workers_) {
    // A worker that hangs in an operation does not see the stop signal: it is killed after 1 s.
    if (!wait_for_exit(worker, std::chrono::seconds(1))) {
      ::kill(worker, SIGKILL);
      ::waitpid(worker, nullptr, 0);
    }
  }
  workers_.clear();
  ::munmap(shared_, sizeof(shared_page));
  shared_ = nullptr;
}

forked_workers::~forked_workers() { stop(); }

}  // namespace crossover
