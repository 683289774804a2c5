#include <future>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/model.hpp"

namespace crossover {
namespace {

/// std::async per operation, c at once on k CPUs. There is no wait for any of several futures, so
/// the calling thread waits for the lanes in order and starts each lane's next operation then.
class async_future final : public model {
 public:
  explicit async_future(const model_setup& setup)
      : model(setup.in_flight),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        tallies_(board_, static_cast<std::uint32_t>(setup.cpus.size())) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i)
      lanes_.emplace_back(*work_, i, setup.in_flight);
  }

  worker_totals run_lanes(run_control& control) override {
    tallies_.begin_all(control);
    // The destructors of the other futures wait for their operations after an exception.
    std::vector<std::future<bool>> operations(lanes_.size());
    std::size_t running = 0;
    const auto start = [&](blocking_lane& l, bool is_first) {
      if (!l.await_arrival(control)) return;
      operations[l.number()] = std::async(std::launch::async, [this, &l, is_first, &control] {
        const traced_lane_scope scope(l.number());
        return (!is_first || l.begin(control)) && l.run_one(control, tallies_[l.number()]);
      });
      ++running;
    };
    for (blocking_lane& l : lanes_) start(l, true);
    while (running > 0)
      for (blocking_lane& l : lanes_)
        if (std::future<bool>& operation = operations[l.number()]; operation.valid()) {
          --running;
          if (operation.get()) start(l, false);
        }
    tallies_.end_all();
    return tallies_.add_up();
  }

 private:
  std::unique_ptr<workload> work_;
  worker_tallies tallies_;  // by lane
  std::vector<blocking_lane> lanes_;
};

}  // namespace

extern const model_type async_future_model;
constinit const model_type async_future_model = {
    .name = "async_future",
    .summary = "std::async for each operation; futures are awaited in order",
    .parameters = {},
    .prepare = make_model<async_future>,
    .workers = one_worker_per_lane,
};

}  // namespace crossover
