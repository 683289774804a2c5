#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
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
  sleep_shard(std::uint64_t delay_ns, timer_wait wait, const std::vector<std::uint32_t>& lanes,
              std::uint32_t all_lanes, const run_control& control)
      : lanes_(lanes),
        delay_ns_(static_cast<std::int64_t>(delay_ns)),
        wait_(wait),
        all_lanes_(all_lanes),
        control_(control),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)),
        epoll_(wait == timer_wait::epoll ? ::epoll_create1(EPOLL_CLOEXEC) : -1) {
    if (!timer_) throw system_failure(error_kind::resource, "cannot create a timerfd", errno);
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_) ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event);
  }

  void run(std::vector<lane_pace>& paces, const std::vector<char>& live, tally& worker) override {
    struct wake_up {
      std::int64_t when_ns;
      std::size_t j;
    };
    std::queue<wake_up> timers;
    for (std::size_t j = 0; j < paces.size(); ++j)
      if (live[j]) timers.push({control_.begin_of(lanes_[j], all_lanes_) + delay_ns_, j});
    while (!timers.empty()) {
      wait_until(timers.front().when_ns);
      for (std::int64_t now = now_ns(); !timers.empty() && timers.front().when_ns <= now;) {
        const std::size_t j = timers.front().j;
        timers.pop();
        trace_running(lanes_[j]);
        if (!paces[j].done(worker)) continue;
        now = now_ns();
        timers.push({now + delay_ns_, j});
      }
      trace_idle();
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

  std::vector<std::uint32_t> lanes_;
  std::int64_t delay_ns_;
  timer_wait wait_;
  std::uint32_t all_lanes_;
  const run_control& control_;
  descriptor timer_, epoll_;
};

timer_wait timer_wait_of(const std::string& backend) {
  if (backend == "poll") return timer_wait::poll;
  return backend == "epoll" ? timer_wait::epoll : timer_wait::read;
}

}  // namespace

std::unique_ptr<reference_shard> make_sleep_shard(const model_setup& setup,
                                                  const std::vector<std::uint32_t>& lanes,
                                                  run_board& board) {
  const std::string& backend = setup.model_values.text("backend");
  if (backend == "blocking") return make_blocking_shard(setup, lanes, board);
  if (backend == "io_uring") return make_sleep_uring_shard(setup, lanes, board);
  return std::make_unique<sleep_shard>(setup.workload_values.number("delay"),
                                       timer_wait_of(backend), lanes, setup.in_flight,
                                       board.control());
}

}  // namespace crossover
