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
        lanes_(setup.in_flight),
        stack_(setup.model_values.number("stack")),
        team_(setup.cpus),
        latency_(team_.size()),
        service_(team_.size()),
        schedulers_(team_.size()) {
    team_.run([&](std::uint32_t i) {
      boost::fibers::use_scheduling_algorithm<counted_round_robin>();
      schedulers_[i] = std::make_unique<scheduler>(board_.slot(i), latency_, service_, i);
      for (std::uint32_t lane = i; lane < lanes_; lane += team_.size())
        schedulers_[i]->lanes.push_back({lane, work_->open_lane(lane)});
    });
  }

  ~fibers() override {
    team_.run([&](std::uint32_t i) { schedulers_[i].reset(); });
  }

  worker_totals run_lanes(run_control& control) override {
    control.release();
    team_.run([&](std::uint32_t i) { run_scheduler(*schedulers_[i], control); });
    std::vector<tally*> tallies;
    for (const auto& s : schedulers_) tallies.push_back(&s->counted);
    return add_up(tallies, latency_, service_);
  }

 private:
  struct numbered_lane {
    std::uint32_t number;
    std::unique_ptr<lane> owned;
  };
  /// One thread's fibers and their loop.
  struct scheduler {
    scheduler(worker_slot& slot, latency_recorder& latency, latency_recorder& service,
              std::uint32_t number)
        : counted(slot, latency, service, number) {}
    boost::asio::io_context loop{1};
    std::vector<numbered_lane> lanes;
    fiber_waiter waiter{loop};  // destroyed before the lanes and their descriptors
    tally counted;
    std::uint32_t live = 0;  // fibers that have not ended
    std::exception_ptr failure;
  };

  void run_scheduler(scheduler& thread, run_control& control) {
    thread.counted.begin(control);
    current_hooks() = &thread.waiter;
    thread.live = static_cast<std::uint32_t>(thread.lanes.size());
    for (numbered_lane& l : thread.lanes) start_fiber(thread, l, control);
    run_until_done(thread);
    current_hooks() = nullptr;
    thread.counted.end();
    if (thread.failure) std::rethrow_exception(std::exchange(thread.failure, nullptr));
  }

  void start_fiber(scheduler& thread, numbered_lane& l, run_control& control) {
    boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg,
                         boost::fibers::fixedsize_stack(stack_),
                         [this, &thread, &l, &control] {
                           run_lane(thread, l, control);
                           trace_idle();
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

  void run_lane(scheduler& thread, numbered_lane& l, run_control& control) {
    trace_running(l.number);
    try {
      if (control.open_loop()) {
        control.lane_begins(l.number, lanes_, now_ns());
        return run_open_loop(*work_, *l.owned, control, thread.counted, [] { yield_fiber(); });
      }
      lane_pace pace;
      wait_until(control.begin_of(l.number, lanes_));
      if (!pace.begin(control, l.number, lanes_)) return;
      // Scheduling is cooperative: a fiber whose operation did not wait yields before the next.
      run_closed_loop(*work_, *l.owned, pace, thread.counted, [&] {
        if (!thread.waiter.take_suspended()) yield_fiber();
      });
    } catch (...) {
      if (!thread.failure) thread.failure = std::current_exception();
    }
  }

  std::unique_ptr<workload> work_;
  std::uint32_t lanes_;
  std::size_t stack_;
  worker_team team_;
  latency_recorder latency_, service_;
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
