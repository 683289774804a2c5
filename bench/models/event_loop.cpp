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
        tallies_(board_, team_.size()),
        loops_(team_.size()) {
    team_.run([&](std::uint32_t i) {
      loops_[i] = std::make_unique<loop>(*work_, setup.in_flight);
      for (std::uint32_t lane = i; lane < setup.in_flight; lane += team_.size())
        loops_[i]->lanes.open(lane);
    });
  }

  worker_totals run_lanes(run_control& control) override {
    team_.run([&](std::uint32_t i) {
      loop& l = *loops_[i];
      current_tally() = &tallies_[i];
      tallies_[i].begin(control);
      l.context.restart();
      l.lanes.start(control);
      l.context.run();
      tallies_[i].end();
      l.lanes.rethrow();
    });
    return tallies_.add_up();
  }

 private:
  struct loop {
    loop(workload& work, std::uint32_t in_flight) : lanes(context, work, in_flight) {}
    boost::asio::io_context context{one_thread_only};
    loop_lanes lanes;
  };

  std::unique_ptr<workload> work_;
  worker_team team_;
  worker_tallies tallies_;
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
