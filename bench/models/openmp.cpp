#include <omp.h>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/model.hpp"

namespace crossover {
namespace {

/// OpenMP for computing. A parallel loop over c lanes is repeated; in each pass, k threads run one
/// operation per lane. An operation that waits blocks its thread.
class openmp final : public model {
 public:
  explicit openmp(const model_setup& setup)
      : model(setup.cpus.size()),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        tallies_(board_, static_cast<std::uint32_t>(setup.cpus.size())),
        threads_(static_cast<int>(setup.cpus.size())) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i)
      lanes_.emplace_back(*work_, i, setup.in_flight);
  }

  worker_totals run_lanes(run_control& control) override {
    tallies_.begin_all(control);
    is_live_.assign(lanes_.size(), 1);
    bool any = run_operations([&](blocking_lane& l, tally& worker) {
      return l.begin(control) && l.step(control, worker);
    });
    while (any)
      any =
          run_operations([&](blocking_lane& l, tally& worker) { return l.step(control, worker); });
    tallies_.end_all();
    // Idle threads of libgomp spin for some 10 ms, while other cells take their turns.
    omp_pause_resource_all(omp_pause_soft);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return tallies_.add_up();
  }

 private:
  /// Runs one operation of each lane that has not ended. Returns whether a lane continues.
  template <typename Operate>
  bool run_operations(Operate operate) {
    bool any = false;
#pragma omp parallel for schedule(dynamic) num_threads(threads_) reduction(|| : any)
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (is_live_[i] == 0) continue;
      const traced_lane_scope scope(lanes_[i].number());
      is_live_[i] = attempt(operate, lanes_[i]) ? 1 : 0;
      any = any || is_live_[i] != 0;
    }
    return any;
  }

  /// No exception may leave a parallel loop.
  template <typename Operate>
  bool attempt(Operate& operate, blocking_lane& l) {
    try {
      return operate(l, tallies_[static_cast<std::size_t>(omp_get_thread_num())]);
    } catch (...) {
#pragma omp critical
      if (!failure_) failure_ = std::current_exception();
      return false;
    }
  }

  std::unique_ptr<workload> work_;
  worker_tallies tallies_;  // by thread
  int threads_;
  std::vector<blocking_lane> lanes_;
  std::vector<char> is_live_;  // by lane: it has operations left in this run
  std::exception_ptr failure_;
};

}  // namespace

extern const model_type openmp_model;
constinit const model_type openmp_model = {
    .name = "openmp",
    .summary = "OpenMP parallel loop over the operations, for computing",
    .parameters = {},
    .prepare = make_model<openmp>,
    .workers = one_worker_per_core,
    .loops = true,
};

}  // namespace crossover
