#include <deque>
#include <functional>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/model.hpp"

namespace crossover {
namespace {

/// A minimal event loop: a queue of callables and a while loop, one operation at a time.
class serial final : public model {
 public:
  explicit serial(const model_setup& setup)
      : model(1),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        lane_(work_->open_lane(0)) {}

  worker_totals run_lanes(run_control& control) override {
    std::deque<std::function<void()>> queue;
    lane_pace pace;
    std::function<void()> turn = [&] {
      bool more = false;
      try {
        if (control.open_loop()) {
          more = run_open_loop_turn(*work_, *lane_, control, tally_);
        } else {
          work_->run_blocking(*lane_);
          more = pace.done(tally_);
        }
      } catch (const operation_error& e) {
        more = pace.failed(tally_, e);
      }
      if (more) queue.emplace_back(std::ref(turn));
    };
    tally_.begin(control);
    control.release();
    trace_running(0);
    if (control.open_loop()) control.lane_begins(0, 1, now_ns());
    if (control.open_loop() || pace.begin(control, 0, 1)) queue.emplace_back(std::ref(turn));
    while (!queue.empty()) {
      const std::function<void()> next = std::move(queue.front());
      queue.pop_front();
      next();
    }
    trace_idle();
    tally_.end();
    tally* const only[] = {&tally_};
    return add_up(only, latency_, service_);
  }

 private:
  std::unique_ptr<workload> work_;
  std::unique_ptr<lane> lane_;
  latency_recorder latency_{1}, service_{1};
  tally tally_{board_.slot(0), latency_, service_, 0};
};

}  // namespace

extern const model_type serial_model;
constinit const model_type serial_model = {
    .name = "serial",
    .summary = "minimal event loop: one operation at a time",
    .parameters = {},
    .prepare = make_model<serial>,
    .workers = one_worker,
    .one_at_a_time = true,
};

}  // namespace crossover
