#include <boost/asio/io_context.hpp>

#include "bench/models/forked_workers.hpp"
#include "bench/models/loop_lanes.hpp"
#include "bench/models/model.hpp"
#include "bench/models/worker_team.hpp"

namespace crossover {
namespace {

/// A forked worker with its own loop, bound to one CPU, running every k-th lane.
class loop_worker final : public forked_worker {
 public:
  loop_worker(workload& work, const model_setup& setup, std::uint32_t number)
      : lanes_(context_, work, setup.in_flight) {
    bind_to_cpus({setup.cpus[number]});
    for (auto lane = number; lane < setup.in_flight;
         lane += static_cast<std::uint32_t>(setup.cpus.size()))
      lanes_.open(lane);
  }

  void run(run_control& control, tally& worker) override {
    current_tally() = &worker;
    context_.restart();
    lanes_.start(control);
    context_.run();
    lanes_.rethrow();
  }

 private:
  boost::asio::io_context context_{one_thread_only};
  loop_lanes lanes_;
};

/// k forked workers with one loop each: `event_loop` without shared memory.
class process_loops final : public model {
 public:
  explicit process_loops(const model_setup& setup)
      : model(setup.cpus.size()),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        workers_(board_, static_cast<std::uint32_t>(setup.cpus.size()),
                 [&](std::uint32_t i) -> std::unique_ptr<forked_worker> {
                   return std::make_unique<loop_worker>(*work_, setup, i);
                 }) {}

  worker_totals run_lanes(run_control&) override { return workers_.run(); }
  std::vector<int> children() const override { return workers_.children(); }

 private:
  std::unique_ptr<workload> work_;
  forked_workers workers_;
};

}  // namespace

extern const model_type process_loops_model;
constinit const model_type process_loops_model = {
    .name = "process_loops",
    .summary = "forked workers, one per core, each with its own coroutine loop",
    .parameters = {},
    .prepare = make_model<process_loops>,
    .workers = one_worker_per_core,
    .loops = true,
};

}  // namespace crossover
