#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/model.hpp"

#if defined(__SANITIZE_ADDRESS__)
/// oneTBB frees an observer's state when the last thread leaves the arena; at process exit that may
/// never happen.
extern "C" const char* __lsan_default_suppressions() { return "leak:tbb::detail::r1::observe\n"; }
#endif

namespace crossover {
namespace {

namespace tbb = oneapi::tbb;

/// The tally of the calling thread's arena slot.
thread_local tally* pool_tally = nullptr;

/// Binds each thread that enters the arena to the tally of its slot: looking up the slot in every
/// task would be measurable in short ones.
class tally_binder final : public tbb::task_scheduler_observer {
 public:
  tally_binder(tbb::task_arena& arena, const std::vector<std::unique_ptr<tally>>& tallies)
      : task_scheduler_observer(arena), tallies_(tallies) {
    observe(true);
  }
  ~tally_binder() override { observe(false); }
  void on_scheduler_entry(bool) override {
    pool_tally =
        tallies_[static_cast<std::size_t>(tbb::this_task_arena::current_thread_index())].get();
  }

 private:
  const std::vector<std::unique_ptr<tally>>& tallies_;
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
        latency_(static_cast<std::uint32_t>(setup.cpus.size())),
        service_(static_cast<std::uint32_t>(setup.cpus.size())),
        chains_(setup.in_flight) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i) {
      chains_[i].number = i;
      chains_[i].owned = work_->open_lane(i);
      tallies_.push_back(std::make_unique<tally>(board_.slot(i), latency_, service_, i));
    }
    tally_binder_.emplace(arena_, tallies_);
  }

  worker_totals run_lanes(run_control& control) override {
    const auto lanes = static_cast<std::uint32_t>(chains_.size());
    for (const auto& t : tallies_) t->begin(control);
    control.release();
    arena_.execute([&] {
      tbb::task_group group;
      for (std::uint32_t i = 0; i < lanes; ++i) {
        chain& c = chains_[i];
        if (control.quota(i, lanes) == 0) continue;
        const auto first = [this, &c, &group, &control, lanes] {
          wait_until(control.begin_of(c.number, lanes));
          if (control.open_loop())
            control.lane_begins(c.number, lanes, now_ns());
          else
            c.pace.begin(control, c.number, lanes);
          step(c, group, control);
        };
        // Enqueued, not spawned: c threads would each search c queues for this thread's tasks to
        // steal, and a thousand threads would take seconds to start. A single lane is spawned: for
        // an enqueued task oneTBB would start a second thread.
        if (lanes == 1)
          group.run(first);
        else
          arena_.enqueue(group.defer(first));
      }
      group.wait();
    });
    for (const auto& t : tallies_) t->end();
    std::vector<tally*> tallies;
    for (const auto& t : tallies_) tallies.push_back(t.get());
    worker_totals totals = add_up(tallies, latency_, service_);
    totals.begin_ns = control.start_ns;
    return totals;
  }

 private:
  struct chain {
    std::uint32_t number = 0;
    std::unique_ptr<lane> owned;
    lane_pace pace;
  };

  void step(chain& c, tbb::task_group& group, run_control& control) {
    tally& worker = *pool_tally;
    bool more = false;
    trace_running(c.number);
    try {
      if (control.open_loop()) {
        more = run_open_loop_turn(*work_, *c.owned, control, worker);
      } else {
        work_->run_blocking(*c.owned);
        more = c.pace.done(worker);
      }
    } catch (const operation_error& e) {
      more = c.pace.failed(worker, e);
    }
    trace_idle();
    if (more) group.run([this, &c, &group, &control] { step(c, group, control); });
  }

  std::unique_ptr<workload> work_;
  tbb::global_control allowed_;
  tbb::task_arena arena_;
  latency_recorder latency_, service_;
  std::vector<chain> chains_;
  std::vector<std::unique_ptr<tally>> tallies_;  // by arena slot
  std::optional<tally_binder> tally_binder_;
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
    .parameters = {},
    .prepare = make_model<thread_pool>,
    .unsupported_reason = thread_pool_unsupported_reason,
    .workers = one_worker_per_lane,
};

}  // namespace crossover
