#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/model.hpp"
#include "bench/models/placement.hpp"

namespace crossover {
namespace {

namespace tbb = oneapi::tbb;

/// The tally of the calling thread's arena slot.
thread_local tally* pool_tally = nullptr;

/// Binds each thread that enters the arena to the tally of its slot: looking up the slot in every
/// task would be measurable in short ones. With `pinned_cpus`, also to a CPU.
class tally_binder final : public tbb::task_scheduler_observer {
 public:
  tally_binder(tbb::task_arena& arena, worker_tallies& tallies, std::vector<int> pinned_cpus)
      : task_scheduler_observer(arena), tallies_(tallies), pinned_cpus_(std::move(pinned_cpus)) {
    observe(true);
  }
  ~tally_binder() override { observe(false); }
  void on_scheduler_entry(bool) override {
    const auto slot = static_cast<std::size_t>(tbb::this_task_arena::current_thread_index());
    pool_tally = &tallies_[slot];
    if (!pinned_cpus_.empty()) pin_worker(pinned_cpus_, slot);
  }

 private:
  worker_tallies& tallies_;
  const std::vector<int> pinned_cpus_;
};

/// Tasks in a oneTBB arena of c threads on k CPUs: deliberately more threads than CPUs, because
/// operations may block. Each lane is a chain of tasks: the end of an operation spawns the next.
class thread_pool final : public model {
 public:
  explicit thread_pool(const model_setup& setup)
      : model(setup.in_flight),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        allowed_(tbb::global_control::max_allowed_parallelism, setup.in_flight),
        arena_(static_cast<int>(setup.in_flight)),
        tallies_(board_, static_cast<std::uint32_t>(setup.cpus.size())),
        tally_binder_(arena_, tallies_, pins_workers(setup) ? setup.cpus : std::vector<int>()) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i)
      lanes_.emplace_back(*work_, i, setup.in_flight);
  }

  worker_totals run_lanes(run_control& control) override {
    tallies_.begin_all(control);
    arena_.execute([&] {
      tbb::task_group group;
      for (blocking_lane& l : lanes_) {
        const auto first = [&l, &group, &control] {
          if (l.begin(control)) step(l, group, control);
        };
        // Enqueued, not spawned: c threads would each search c queues for this thread's tasks to
        // steal, and a thousand threads would take seconds to start. A single lane is spawned: for
        // an enqueued task oneTBB would start a second thread.
        if (lanes_.size() == 1)
          group.run(first);
        else
          arena_.enqueue(group.defer(first));
      }
      group.wait();
    });
    tallies_.end_all();
    return tallies_.add_up();
  }

 private:
  static void step(blocking_lane& l, tbb::task_group& group, run_control& control) {
    const bool more =
        active_trace == nullptr ? l.step(control, *pool_tally) : traced_step(l, control);
    if (more) group.run([&l, &group, &control] { step(l, group, control); });
  }

  static bool traced_step(blocking_lane& l, run_control& control) {
    const traced_lane_scope scope(l.number());
    return l.step(control, *pool_tally);
  }

  std::unique_ptr<workload> work_;
  tbb::global_control allowed_;
  tbb::task_arena arena_;
  worker_tallies tallies_;  // by arena slot
  std::vector<blocking_lane> lanes_;
  tally_binder tally_binder_;  // last: destroyed before the tallies that it uses
};

/// oneTBB 2021.8, sleeps of 100 ms on one core: a run of 0.5 s takes 2.7 s with 1 000 threads and
/// 28 s with 4 000.
std::string thread_pool_unsupported_reason(const cell_request& cell) {
  if (cell.in_flight <= 2048) return "";
  return "oneTBB threads scan every arena slot for work: more than 2048 threads would spend the "
         "run scanning";
}

}  // namespace

extern const model_type thread_pool_model;
constinit const model_type thread_pool_model = {
    .name = "thread_pool",
    .summary = "oneTBB tasks, one thread per operation in flight",
    .parameters = placement_parameters,
    .prepare = make_model<thread_pool>,
    .unsupported_reason = thread_pool_unsupported_reason,
    .workers = one_worker_per_lane,
};

}  // namespace crossover
