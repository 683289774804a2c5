#include "workloads/servers/connection_loop.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>

namespace crossover {
namespace {

class loop_server final : public workload_server {
 public:
  loop_server(const server_config& config,
              const std::function<std::unique_ptr<connection_loop>()>& make_loop) {
    listener_ = listen_on(config.address, config.port, endpoint_);
    const std::size_t threads = std::max<std::size_t>(1, config.cpus.size());
    for (std::size_t i = 0; i < threads; ++i) loops_.push_back(make_loop());
    loops_.front()->accept_for(listener_.get(), &loops_);
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([loop = loops_[i].get()] { loop->run(); });
      if (config.cpus.empty()) continue;
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(config.cpus[i], &set);
      ::pthread_setaffinity_np(threads_.back().native_handle(), sizeof set, &set);
    }
  }

  ~loop_server() override {
    for (auto& loop : loops_) loop->stop();
    for (std::thread& thread : threads_) thread.join();
  }

  std::string endpoint() const override { return endpoint_; }

 private:
  std::string endpoint_;
  descriptor listener_;
  std::vector<std::unique_ptr<connection_loop>> loops_;
  std::vector<std::thread> threads_;
};

constexpr std::uint32_t read_events = EPOLLIN | EPOLLRDHUP | EPOLLET;

}  // namespace

connection_loop::connection_loop(std::uint64_t delay_ns, double idle_s)
    : delay_(delay_ns),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
  if (!epoll_ || !stop_ || !timer_)
    throw system_failure(error_kind::resource, "cannot create an epoll instance for a server",
                         errno);
  watch(stop_.get(), EPOLLIN);
  watch(timer_.get(), EPOLLIN);
  // A client that waits for a delayed reply is not idle.
  const double closing_s = std::max({idle_s, 2e-9 * static_cast<double>(delay_ns), 0.1});
  const double tick_s = closing_s / quiet_ticks;
  const auto whole_s = static_cast<time_t>(tick_s);
  const auto ns = static_cast<long>((tick_s - static_cast<double>(whole_s)) * 1e9);
  const itimerspec period{{whole_s, ns}, {whole_s, ns}};
  ::timerfd_settime(timer_.get(), 0, &period, nullptr);
}

void connection_loop::stop() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
}

void connection_loop::accept_for(int listener,
                                 const std::vector<std::unique_ptr<connection_loop>>* loops) {
  listener_ = listener;
  loops_ = loops;
  watch(listener, EPOLLIN);
}

void connection_loop::run() {
  ::prctl(PR_SET_TIMERSLACK, 1);  // for delays exact to the µs; the default slack is 50 µs
  std::vector<epoll_event> events(512);
  for (;;) {
    const int n = wait(events);
    bool is_tick = false;  // ends connections, so it follows the events of this wait
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == stop_.get()) return;
      if (event.data.fd == listener_) {
        accept_all();
      } else if (event.data.fd == timer_.get()) {
        std::uint64_t expirations = 0;
        (void)!::read(timer_.get(), &expirations, sizeof expirations);
        is_tick = true;
      } else {
        serve(event.data.fd, event.events);
      }
    }
    if (is_tick) tick();
    if (due_.empty()) continue;
    for (const auto now = steady_clock::now(); !due_.empty() && due_.front().when <= now;
         due_.pop_front())
      reply_now(due_.front().fd, due_.front().serial);
  }
}

void connection_loop::reply_later(int fd, std::uint64_t serial) {
  due_.push_back({steady_clock::now() + delay_, fd, serial});
}

void connection_loop::watch_writing(int fd, bool wanted) {
  epoll_event event{};
  event.events = read_events | (wanted ? EPOLLOUT : 0U);
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void connection_loop::watch(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

int connection_loop::wait(std::vector<epoll_event>& events) {
  const int max_events = static_cast<int>(events.size());
  if (due_.empty()) return ::epoll_wait(epoll_.get(), events.data(), max_events, -1);
  const auto remaining =
      std::max(std::chrono::nanoseconds(0),
               std::chrono::nanoseconds(due_.front().when - steady_clock::now()));
  const timespec timeout{remaining.count() / 1'000'000'000, remaining.count() % 1'000'000'000};
  return ::epoll_pwait2(epoll_.get(), events.data(), max_events, &timeout, nullptr);
}

void connection_loop::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE) && refuse_one()) continue;
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (*loops_)[turn_++ % loops_->size()]->watch(fd, read_events | EPOLLOUT);
  }
}

/// Closes the next connection of the listener when no descriptor is left for it. Left waiting, it
/// would wake the loop without end.
bool connection_loop::refuse_one() {
  if (!spare_) return false;
  spare_.reset();
  const bool was_waiting =
      static_cast<bool>(descriptor(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)));
  spare_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return was_waiting;
}

std::unique_ptr<workload_server> start_loops(
    const server_config& config,
    const std::function<std::unique_ptr<connection_loop>()>& make_loop) {
  return std::make_unique<loop_server>(config, make_loop);
}

}  // namespace crossover
