#include <array>
#include <chrono>
#include <mutex>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/global_lock.hpp"
#include "bench/models/model.hpp"
#include "bench/models/worker_team.hpp"

namespace crossover {
namespace {

constexpr std::array gil_parameters = {
    parameter{"switch_interval",
              parameter_kind::duration,
              "5ms",
              1'000,
              10'000'000'000,
              {},
              "wait before a thread requests the lock from its holder (sys.setswitchinterval)"},
};

/// c threads on k CPUs, only one computing at a time: models CPython's GIL.
class gil_threads final : public model {
 public:
  explicit gil_threads(const model_setup& setup)
      : model(setup.in_flight),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        lock_(std::chrono::nanoseconds(setup.model_values.number("switch_interval"))),
        tallies_(board_, static_cast<std::uint32_t>(setup.cpus.size())),
        team_(worker_team::unbound{setup.in_flight}) {
    for (std::uint32_t i = 0; i < team_.size(); ++i)
      lanes_.emplace_back(*work_, i, setup.in_flight);
  }

  worker_totals run_lanes(run_control& control) override {
    team_.run([&](std::uint32_t i) {
      tallies_[i].begin(control);
      {
        const lock_releasing_hooks hooks(lock_);
        const std::lock_guard holder(lock_);
        lanes_[i].run(control, tallies_[i], [this] { lock_.checkpoint(); });
      }
      tallies_[i].end();
    });
    return tallies_.add_up();
  }

 private:
  std::unique_ptr<workload> work_;
  global_lock lock_;
  worker_tallies tallies_;
  std::vector<blocking_lane> lanes_;
  worker_team team_;  // last: its threads end before the members that they use
};

}  // namespace

extern const model_type gil_threads_model;
constinit const model_type gil_threads_model = {
    .name = "gil_threads",
    .summary = "threads under a global lock that is released while waiting, like CPython's GIL",
    .parameters = gil_parameters,
    .prepare = make_model<gil_threads>,
    .workers = one_worker_per_lane,
};

}  // namespace crossover
