#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <queue>

#include "bench/models/reference/shard.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {
namespace {

/// System call that waits for the next timer.
enum class timer_wait { read, poll, epoll };

/// All lanes share one timerfd. It is read directly, or watched by poll or epoll like the sockets
/// of a loop. All sleeps are equally long and so end in order: a queue replaces the usual heap.
class sleep_shard final : public reference_shard {
 public:
  sleep_shard(std::uint64_t delay_ns, timer_wait wait, const shard_lanes& lanes)
      : reference_shard(lanes),
        delay_ns_(static_cast<std::int64_t>(delay_ns)),
        wait_(wait),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)),
        epoll_(wait == timer_wait::epoll ? ::epoll_create1(EPOLL_CLOEXEC) : -1) {
    if (!timer_) throw system_failure(error_kind::resource, "cannot create a timerfd", errno);
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_) ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event);
  }

  void run_loop(tally& worker) override {
    struct wake_up {
      std::int64_t when_ns;
      std::size_t j;
    };
    std::queue<wake_up> timers;
    const auto begin_sleep = [&](std::size_t j) { timers.push({now_ns() + delay_ns_, j}); };
    while (!timers.empty() || !lanes_.all_begun()) {
      lanes_.begin_due(begin_sleep);
      for (const std::int64_t now = now_ns(); !timers.empty() && timers.front().when_ns <= now;) {
        const std::size_t j = timers.front().j;
        timers.pop();
        trace_running(lanes_.number(j));
        if (lanes_.pace(j).done(worker)) begin_sleep(j);
      }
      trace_idle();
      constexpr auto never = std::numeric_limits<std::int64_t>::max();
      const std::int64_t next_ns = std::min(timers.empty() ? never : timers.front().when_ns,
                                            lanes_.all_begun() ? never : lanes_.next_begin_ns());
      if (next_ns != never) wait_until(next_ns);
    }
  }

 private:
  void wait_until(std::int64_t when_ns) {
    if (now_ns() >= when_ns) return;
    itimerspec at{};
    at.it_value = {when_ns / 1'000'000'000, when_ns % 1'000'000'000};
    std::uint64_t expirations = 0;
    if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr) != 0)
      throw system_failure(error_kind::failed, "cannot set a timerfd", errno);
    if (wait_ == timer_wait::poll) {
      pollfd watched{timer_.get(), POLLIN, 0};
      ::poll(&watched, 1, -1);
    } else if (wait_ == timer_wait::epoll) {
      epoll_event event{};
      ::epoll_wait(epoll_.get(), &event, 1, -1);
    }
    while (::read(timer_.get(), &expirations, sizeof expirations) < 0 && errno == EINTR) {
    }
  }

  std::int64_t delay_ns_;
  timer_wait wait_;
  descriptor timer_, epoll_;
};

timer_wait timer_wait_of(const std::string& backend) {
  if (backend == "poll") return timer_wait::poll;
  return backend == "epoll" ? timer_wait::epoll : timer_wait::read;
}

}  // namespace

std::unique_ptr<reference_shard> make_sleep_shard(const model_setup& setup,
                                                  const shard_lanes& lanes) {
  const std::string& backend = setup.model_values.text("backend");
  if (backend == "io_uring") return make_sleep_uring_shard(setup, lanes);
  return std::make_unique<sleep_shard>(setup.workload_values.number("delay"),
                                       timer_wait_of(backend), lanes);
}

}  // namespace crossover
