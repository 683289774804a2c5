#include "bench/models/blocking_lane.hpp"
#include "bench/models/forked_workers.hpp"
#include "bench/models/model.hpp"
#include "bench/models/placement.hpp"

namespace crossover {
namespace {

/// A forked worker with a single lane.
class lone_worker final : public forked_worker {
 public:
  lone_worker(workload& work, std::uint32_t number, std::uint32_t workers)
      : lane_(work, number, workers) {}
  void run(run_control& control, tally& worker) override { lane_.run(control, worker); }

 private:
  blocking_lane lane_;
};

/// c forked workers on k CPUs, each running one operation at a time; the kernel schedules them, on
/// any of the CPUs or each on one of them.
class processes final : public model {
 public:
  explicit processes(const model_setup& setup)
      : model(setup.in_flight),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        workers_(board_, setup.in_flight, [&](std::uint32_t i) -> std::unique_ptr<forked_worker> {
          if (pins_workers(setup)) pin_worker(setup.cpus, i);
          return std::make_unique<lone_worker>(*work_, i, setup.in_flight);
        }) {}

  worker_totals run_lanes(run_control&) override { return workers_.run(); }
  std::vector<int> children() const override { return workers_.children(); }

 private:
  std::unique_ptr<workload> work_;
  forked_workers workers_;
};

}  // namespace

extern const model_type processes_model;
constinit const model_type processes_model = {
    .name = "processes",
    .summary = "forked workers, one per operation in flight",
    .parameters = placement_parameters,
    .prepare = make_model<processes>,
    .workers = one_worker_per_lane,
    .forks = true,
};

}  // namespace crossover
