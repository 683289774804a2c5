#include <boost/asio/io_context.hpp>

#include "bench/models/loop_lanes.hpp"
#include "bench/models/model.hpp"
#include "bench/models/worker_team.hpp"

namespace crossover {
namespace {

/// k io_contexts with one thread each; lane i is on loop i mod k.
class event_loop final : public model {
 public:
  explicit event_loop(const model_setup& setup)
      : model(setup.cpus.size()),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        team_(setup.cpus),
        latency_(team_.size()),
        service_(team_.size()),
        loops_(team_.size()) {
    team_.run([&](std::uint32_t i) {
      loops_[i] =
          std::make_unique<loop>(*work_, setup.in_flight, board_.slot(i), latency_, service_, i);
      for (std::uint32_t lane = i; lane < setup.in_flight; lane += team_.size())
        loops_[i]->lanes.open(lane);
    });
  }

  worker_totals run_lanes(run_control& control) override {
    control.release();
    team_.run([&](std::uint32_t i) {
      loop& l = *loops_[i];
      current_tally() = &l.counted;
      l.context.restart();
      l.counted.begin(control);
      l.lanes.start(control);
      l.context.run();
      l.counted.end();
      l.lanes.rethrow();
    });
    std::vector<tally*> tallies;
    for (const auto& l : loops_) tallies.push_back(&l->counted);
    return add_up(tallies, latency_, service_);
  }

 private:
  struct loop {
    loop(workload& work, std::uint32_t in_flight, worker_slot& slot, latency_recorder& latency,
         latency_recorder& service, std::uint32_t number)
        : context(1), lanes(context, work, in_flight), counted(slot, latency, service, number) {}
    boost::asio::io_context context;
    loop_lanes lanes;
    tally counted;
  };

  std::unique_ptr<workload> work_;
  worker_team team_;
  latency_recorder latency_, service_;
  std::vector<std::unique_ptr<loop>> loops_;
};

}  // namespace

extern const model_type event_loop_model;
constinit const model_type event_loop_model = {
    .name = "event_loop",
    .summary = "Boost.Asio coroutines, one single-threaded loop per core",
    .parameters = {},
    .prepare = make_model<event_loop>,
    .workers = one_worker_per_core,
    .loops = true,
};

}  // namespace crossover
