#include "bench/models/forked_workers.hpp"

#include <fmt/format.h>
#include <linux/futex.h>
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

#include "bench/cell/usage.hpp"
#include "bench/results.hpp"

namespace crossover {
namespace {

/// Futexes between processes: std::atomic::wait is private to one.
void wait_for_change(std::atomic<std::uint32_t>& word, std::uint32_t seen) {
  while (word.load() == seen) ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
}
void wake_all(std::atomic<std::uint32_t>& word) { ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

bool write_all(int fd, const void* data, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t n = ::send(fd, static_cast<const char*>(data) + done, size - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int fd, void* data, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t n = ::recv(fd, static_cast<char*>(data) + done, size - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

/// Messages between a worker and its parent: a length and that many bytes of JSON.
bool write_message(int fd, const nlohmann::json& message) {
  const std::string text = message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::uint64_t size = text.size();
  return write_all(fd, &size, sizeof size) && write_all(fd, text.data(), text.size());
}

nlohmann::json read_message(int fd) {
  std::uint64_t size = 0;
  if (!read_all(fd, &size, sizeof size)) return nullptr;
  std::string text(size, '\0');
  if (!read_all(fd, text.data(), size)) return nullptr;
  return nlohmann::json::parse(text, nullptr, false);
}

nlohmann::json bins_of(const latency_distribution& d) {
  nlohmann::json bins = nlohmann::json::array();
  for (const latency_bin& bin : d.bins) bins.push_back({bin.lower_ns, bin.upper_ns, bin.count});
  return {{"bins", std::move(bins)}, {"max", d.max_ns}, {"mean", d.mean_ns}};
}

latency_distribution distribution_of(const nlohmann::json& message) {
  latency_distribution d;
  for (const auto& bin : message.at("bins")) d.bins.push_back({bin.at(0), bin.at(1), bin.at(2)});
  d.max_ns = message.at("max");
  d.mean_ns = message.at("mean");
  return d;
}

}  // namespace

/// Lies in memory that parent and workers share.
struct forked_workers::shared_page {
  std::atomic<std::uint32_t> turn = 0;  ///< a change releases the workers
  std::atomic<bool> over = false;
  run_control control;
};

forked_workers::forked_workers(std::uint32_t count, const std::function<std::unique_ptr<forked_worker>(std::uint32_t)>& make) {
  void* memory = ::mmap(nullptr, sizeof(shared_page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw system_failure(error_kind::resource, "no shared memory for forked workers", errno);
  shared_ = new (memory) shared_page;
  std::fflush(nullptr);
  try {
    for (std::uint32_t i = 0; i < count; ++i) {
      int pair[2];
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        throw system_failure(error_kind::resource, fmt::format("no socket for worker process {} of {}", i + 1, count), errno);
      descriptor ours(pair[0]), theirs(pair[1]);
      const pid_t pid = ::fork();
      if (pid < 0) throw system_failure(error_kind::resource, fmt::format("cannot fork worker process {} of {}", i + 1, count), errno);
      if (pid == 0) {
        for (worker& sibling : workers_) sibling.socket.reset();
        ours.reset();
        serve(i, theirs.get(), make);
      }
      workers_.push_back({pid, std::move(ours)});
    }
    for (worker& w : workers_) {
      const nlohmann::json answer = read_message(w.socket.get());
      if (answer.is_object() && answer.contains("error")) throw error(error_kind::failed, answer["error"].get<std::string>());
      if (!answer.is_object()) throw error(error_kind::failed, "a worker process died while it was made ready");
    }
  } catch (...) {
    end();
    throw;
  }
}

void forked_workers::serve(std::uint32_t number, int socket, const std::function<std::unique_ptr<forked_worker>(std::uint32_t)>& make) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int status = 0;
  try {
    const std::unique_ptr<forked_worker> work = make(number);
    latency_recorder latency(1), service(1);
    tally counted(latency, service, 0);
    if (!write_message(socket, {{"ready", true}})) ::_exit(1);
    for (std::uint32_t seen = 0;;) {
      wait_for_change(shared_->turn, seen);
      seen = shared_->turn.load();
      if (shared_->over) break;
      const usage before = usage_of_this_process();
      counted.begin();
      work->run(shared_->control, counted);
      counted.end();
      const usage used = usage_of_this_process() - before;
      const bool told = write_message(
          socket, {{"operations", counted.operations}, {"begun", counted.begun}, {"begin", counted.begin_ns}, {"end", counted.end_ns},
                   {"errors", counted.errors}, {"latency", bins_of(latency.take())}, {"service", bins_of(service.take())},
                   {"usage", {used.cpu_user_s, used.cpu_system_s, used.voluntary_switches, used.involuntary_switches, used.minor_faults, used.major_faults}}});
      if (!told) break;
    }
  } catch (const std::exception& trouble) {
    write_message(socket, {{"error", trouble.what()}});
    status = 1;
  }
  ::_exit(status);
}

run_outcome forked_workers::run(run_control& control, double seconds) {
  run_control& theirs = shared_->control;
  theirs.operations = control.operations;
  theirs.every = control.every;
  theirs.added_ns = control.added_ns;
  theirs.arrivals = control.arrivals;
  theirs.arrival_count = control.arrival_count;
  release(theirs, seconds);
  ++shared_->turn;
  wake_all(shared_->turn);

  run_outcome outcome;
  outcome.begin_ns = INT64_MAX;
  latency_recorder latency(1), service(1);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const nlohmann::json told = read_message(workers_[i].socket.get());
    if (told.is_object() && told.contains("error")) throw error(error_kind::failed, told["error"].get<std::string>());
    if (!told.is_object()) throw error(error_kind::failed, fmt::format("worker process {} of {} died during the run", i + 1, workers_.size()));
    outcome.begin_ns = std::min(outcome.begin_ns, told["begin"].get<std::int64_t>());
    outcome.end_ns = std::max(outcome.end_ns, told["end"].get<std::int64_t>());
    outcome.begun += told["begun"].get<std::uint64_t>();
    outcome.worker_operations.push_back(told["operations"]);
    for (const auto& [name, count] : told["errors"].items()) outcome.errors[name] += count.get<std::uint64_t>();
    latency.add(distribution_of(told["latency"]));
    service.add(distribution_of(told["service"]));
    const auto& used = told["usage"];
    outcome.children.cpu_user_s += used[0].get<double>();
    outcome.children.cpu_system_s += used[1].get<double>();
    outcome.children.voluntary_switches += used[2].get<std::uint64_t>();
    outcome.children.involuntary_switches += used[3].get<std::uint64_t>();
    outcome.children.minor_faults += used[4].get<std::uint64_t>();
    outcome.children.major_faults += used[5].get<std::uint64_t>();
  }
  outcome.latency = latency.take();
  outcome.service = service.take();
  return outcome;
}

std::vector<int> forked_workers::children() const {
  std::vector<int> pids;
  for (const worker& w : workers_) pids.push_back(w.pid);
  return pids;
}

void forked_workers::end() {
  if (shared_ == nullptr) return;
  shared_->over = true;
  ++shared_->turn;
  wake_all(shared_->turn);
  for (worker& w : workers_) w.socket.reset();
  for (worker& w : workers_) {
    // A worker that hangs in an operation does not see the signal to end: it gets a second, then it is killed.
    for (int tries = 0; ::waitpid(w.pid, nullptr, WNOHANG) == 0; ++tries) {
      if (tries == 1000) ::kill(w.pid, SIGKILL);
      ::usleep(1000);
    }
  }
  workers_.clear();
  ::munmap(shared_, sizeof(shared_page));
  shared_ = nullptr;
}

forked_workers::~forked_workers() { end(); }

}  // namespace crossover
