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
        lane_(*work_, 0, 1) {}

  worker_totals run_lanes(run_control& control) override {
    std::deque<std::function<void()>> queue;
    std::function<void()> turn = [&] {
      if (lane_.step(control, tallies_[0])) queue.emplace_back(std::ref(turn));
    };
    tallies_.begin_all(control);
    trace_running(0);
    if (lane_.begin(control)) queue.emplace_back(std::ref(turn));
    while (!queue.empty()) {
      const std::function<void()> next = std::move(queue.front());
      queue.pop_front();
      next();
    }
    trace_idle();
    tallies_.end_all();
    return tallies_.add_up();
  }

 private:
  std::unique_ptr<workload> work_;
  blocking_lane lane_;
  worker_tallies tallies_{board_, 1};
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
