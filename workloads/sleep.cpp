#include <fmt/format.h>

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>

#include "workloads/async_form.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

using steady_clock = std::chrono::steady_clock;
using loop_timer =
    boost::asio::basic_waitable_timer<steady_clock, boost::asio::wait_traits<steady_clock>,
                                      loop_executor>;

constexpr std::array sleep_parameters = {
    parameter{"delay",
              parameter_kind::duration,
              "10ms",
              1'000,
              60'000'000'000,
              {},
              "duration of the wait"},
};

struct timer_lane final : lane {
  explicit timer_lane(boost::asio::io_context& loop) : timer(loop) {}
  loop_timer timer;
};

class sleep_work final : public workload, public async_form {
 public:
  explicit sleep_work(std::uint64_t delay_ns) : delay_(delay_ns) {}

  std::unique_ptr<lane> open_lane(std::uint32_t) override { return std::make_unique<lane>(); }

  void run_blocking(lane&) override {
    const auto end = steady_clock::now() + delay_;
    wait_for(delay_.count());
    check_not_early(end);
  }

  async_form* async() override { return this; }

  std::unique_ptr<lane> open_async_lane(boost::asio::io_context& loop, std::uint32_t) override {
    return std::make_unique<timer_lane>(loop);
  }

  awaitable_operation run_async(lane& base) override {
    auto& timer = static_cast<timer_lane&>(base).timer;
    timer.expires_after(delay_);
    co_await timer.async_wait(awaited);
    check_not_early(timer.expiry());
  }

 private:
  void check_not_early(steady_clock::time_point end) const {
    if (const auto now = steady_clock::now(); now < end)
      throw error(error_kind::failed, fmt::format("a sleep of {} ns ended {} ns too early",
                                                  delay_.count(), (end - now).count()));
  }

  std::chrono::nanoseconds delay_;
};

}  // namespace

extern const workload_type sleep_workload;
constinit const workload_type sleep_workload = {
    .name = "sleep",
    .summary = "wait: a timer on a loop, a blocking sleep on a thread",
    .parameters = sleep_parameters,
    .make = [](const parameter_values& values, const std::string&) -> std::unique_ptr<workload> {
      return std::make_unique<sleep_work>(values.number("delay"));
    },
    .min_operation_s =
        [](const parameter_values& values) {
          return static_cast<double>(values.number("delay")) * 1e-9;
        },
    .start_server = nullptr,
};

}  // namespace crossover
