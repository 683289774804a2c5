#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/operations.hpp>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/fiber_waiter.hpp"
#include "bench/models/model.hpp"
#include "bench/models/worker_team.hpp"
#include "workloads/async_form.hpp"

namespace crossover {
namespace {

constexpr std::array fiber_parameters = {
    parameter{
        "stack", parameter_kind::size, "64KiB", 16 << 10, 8 << 20, {}, "stack size of a fiber"},
};

void yield_fiber() {
  const traced_wait waits;
  boost::this_fiber::yield();
}

/// k threads with one fiber scheduler each. Every lane is a stackful fiber that runs the blocking
/// form of its operation.
class fibers final : public model {
 public:
  explicit fibers(const model_setup& setup)
      : model(setup.cpus.size()),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        stack_(setup.model_values.number("stack")),
        team_(setup.cpus),
        tallies_(board_, team_.size()),
        schedulers_(team_.size()) {
    team_.run([&](std::uint32_t i) {
      boost::fibers::use_scheduling_algorithm<counted_round_robin>();
      schedulers_[i] = std::make_unique<scheduler>(tallies_[i]);
      for (std::uint32_t lane = i; lane < setup.in_flight; lane += team_.size())
        schedulers_[i]->lanes.emplace_back(*work_, lane, setup.in_flight);
    });
  }

  ~fibers() override {
    team_.run([&](std::uint32_t i) { schedulers_[i].reset(); });
  }

  worker_totals run_lanes(run_control& control) override {
    team_.run([&](std::uint32_t i) { run_scheduler(*schedulers_[i], control); });
    return tallies_.add_up();
  }

 private:
  /// One thread's fibers and their loop.
  struct scheduler {
    explicit scheduler(tally& worker) : counted(worker) {}
    boost::asio::io_context loop{one_thread_only};
    std::vector<blocking_lane> lanes;
    fiber_waiter waiter{loop};  // destroyed before the lanes and their descriptors
    tally& counted;
    std::uint32_t live = 0;  // fibers that have not ended
    std::exception_ptr failure;
  };

  void run_scheduler(scheduler& thread, run_control& control) {
    thread.counted.begin(control);
    current_hooks() = &thread.waiter;
    thread.live = static_cast<std::uint32_t>(thread.lanes.size());
    for (blocking_lane& l : thread.lanes) start_fiber(thread, l, control);
    run_until_done(thread);
    current_hooks() = nullptr;
    thread.counted.end();
    if (thread.failure) std::rethrow_exception(std::exchange(thread.failure, nullptr));
  }

  void start_fiber(scheduler& thread, blocking_lane& l, run_control& control) {
    boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg,
                         boost::fibers::fixedsize_stack(stack_),
                         [&thread, &l, &control] {
                           run_lane(thread, l, control);
                           --thread.live;
                         })
        .detach();
  }

  /// Alternates between the ready fibers and the loop; blocks in the loop if no fiber is ready.
  static void run_until_done(scheduler& thread) {
    thread.loop.restart();
    // run_one would return if no operation were pending.
    const auto work = boost::asio::make_work_guard(thread.loop);
    while (thread.live > 0) {
      boost::this_fiber::yield();
      if (thread.live == 0) break;
      if (counted_round_robin::ready > 0)
        thread.loop.poll();
      else if (thread.loop.run_one() > 0)
        thread.loop.poll();
    }
  }

  static void run_lane(scheduler& thread, blocking_lane& l, run_control& control) {
    try {
      // Scheduling is cooperative: a fiber whose operation did not wait yields before the next.
      l.run(control, thread.counted, [&] {
        if (!thread.waiter.take_suspended()) yield_fiber();
      });
    } catch (...) {
      trace_idle();
      if (!thread.failure) thread.failure = std::current_exception();
    }
  }

  std::unique_ptr<workload> work_;
  std::size_t stack_;
  worker_team team_;
  worker_tallies tallies_;
  std::vector<std::unique_ptr<scheduler>> schedulers_;
};

}  // namespace

extern const model_type fibers_model;
constinit const model_type fibers_model = {
    .name = "fibers",
    .summary = "stackful fibers (Boost.Fiber), one scheduler per core, waiting through Asio",
    .parameters = fiber_parameters,
    .prepare = make_model<fibers>,
    .workers = one_worker_per_core,
    .loops = true,
};

}  // namespace crossover
