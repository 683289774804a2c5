#include "bench/models/blocking_lane.hpp"
#include "bench/models/reference/shard.hpp"
#include "bench/models/worker_team.hpp"

namespace crossover {
namespace {

std::vector<int> cpu_of_each_lane(const model_setup& setup) {
  std::vector<int> cpus(setup.in_flight);
  for (std::size_t i = 0; i < cpus.size(); ++i) cpus[i] = setup.cpus[i % setup.cpus.size()];
  return cpus;
}

/// One thread per lane, blocked in the kernel while its operation waits. Lane i is on CPU i mod k.
class blocking_reference final : public model {
 public:
  explicit blocking_reference(const model_setup& setup)
      : model(setup.in_flight),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        tallies_(board_, static_cast<std::uint32_t>(setup.cpus.size())),
        team_(cpu_of_each_lane(setup)) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i)
      lanes_.emplace_back(*work_, i, setup.in_flight);
  }

  worker_totals run_lanes(run_control& control) override {
    team_.run([&](std::uint32_t i) {
      tallies_[i].begin(control);
      lanes_[i].run(control, tallies_[i]);
      tallies_[i].end();
    });
    return tallies_.add_up();
  }

 private:
  std::unique_ptr<workload> work_;
  worker_tallies tallies_;
  std::vector<blocking_lane> lanes_;
  worker_team team_;  // last: its threads end before the members that they use
};

}  // namespace

std::unique_ptr<model> make_blocking_reference(const model_setup& setup) {
  return make_model<blocking_reference>(setup);
}

}  // namespace crossover
