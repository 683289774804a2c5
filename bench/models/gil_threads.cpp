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
        latency_(static_cast<std::uint32_t>(setup.cpus.size())),
        service_(static_cast<std::uint32_t>(setup.cpus.size())),
        team_(worker_team::unbound{setup.in_flight}) {
    for (std::uint32_t i = 0; i < team_.size(); ++i)
      workers_.push_back(
          std::make_unique<worker>(board_.slot(i), latency_, service_, i, work_->open_lane(i)));
  }

  worker_totals run_lanes(run_control& control) override {
    control.release();
    team_.run([&](std::uint32_t i) { run_worker(i, control); });
    std::vector<tally*> tallies;
    for (const auto& w : workers_) tallies.push_back(&w->counted);
    worker_totals totals = add_up(tallies, latency_, service_);
    totals.begin_ns = control.start_ns;
    return totals;
  }

 private:
  struct worker {
    worker(worker_slot& slot, latency_recorder& latency, latency_recorder& service,
           std::uint32_t number, std::unique_ptr<lane> opened)
        : owned(std::move(opened)), counted(slot, latency, service, number) {}
    std::unique_ptr<lane> owned;
    tally counted;
  };

  void run_worker(std::uint32_t number, run_control& control) {
    worker& w = *workers_[number];
    w.counted.begin(control);
    {
      const lock_releasing_hooks hooks(lock_);
      const std::lock_guard holder(lock_);
      run_blocking_lane(*work_, *w.owned, number, team_.size(), control, w.counted,
                        [this] { lock_.checkpoint(); });
    }
    w.counted.end();
  }

  std::unique_ptr<workload> work_;
  global_lock lock_;
  latency_recorder latency_, service_;
  std::vector<std::unique_ptr<worker>> workers_;
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
