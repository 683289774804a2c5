#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <queue>

#include "bench/models/reference_shard.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {
namespace {

/// All lanes' timers on one timerfd. The timers' heap is a queue here: since every sleep is equally long, the one that
/// was begun first ends first.
class sleep_shard final : public reference_shard {
 public:
  explicit sleep_shard(std::uint64_t delay_ns) : delay_ns_(static_cast<std::int64_t>(delay_ns)), timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
    if (!timer_) throw system_failure(error_kind::resource, "cannot create a timerfd", errno);
  }

  void run(std::vector<lane_pace>& paces, const std::vector<char>& live, tally& mine) override {
    struct wake_up {
      std::int64_t when_ns;
      lane_pace* pace;
    };
    std::queue<wake_up> heap;
    const std::int64_t start = now_ns();
    for (std::size_t j = 0; j < paces.size(); ++j)
      if (live[j]) heap.push({start + delay_ns_, &paces[j]});
    while (!heap.empty()) {
      wait_until(heap.front().when_ns);
      for (std::int64_t now = now_ns(); !heap.empty() && heap.front().when_ns <= now;) {
        lane_pace* const pace = heap.front().pace;
        heap.pop();
        if (!pace->done(mine)) continue;
        now = now_ns();
        heap.push({now + delay_ns_, pace});
      }
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
    while (::read(timer_.get(), &expirations, sizeof expirations) < 0 && errno == EINTR) {
    }
  }

  std::int64_t delay_ns_;
  descriptor timer_;
};

}  // namespace

std::unique_ptr<reference_shard> make_sleep_shard(const model_setup& setup, const std::vector<std::uint32_t>&) {
  return std::make_unique<sleep_shard>(setup.workload_values.number("delay"));
}

}  // namespace crossover
