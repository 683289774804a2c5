#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "bench/models/loop_lanes.hpp"
#include "bench/models/model.hpp"

namespace crossover {
namespace {

namespace asio = boost::asio;
namespace tbb = oneapi::tbb;

/// Awaitable that runs `compute` in the arena and resumes the coroutine on the loop.
template <typename Compute>
class arena_task {
 public:
  arena_task(tbb::task_arena& arena, asio::io_context& loop, Compute compute)
      : arena_(arena), loop_(loop), compute_(compute) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    if (active_trace != nullptr) lane_ = traced_lane();
    trace_idle();
    arena_.enqueue([this, waiting, work = asio::make_work_guard(loop_)] {
      try {
        const traced_lane_scope traced(lane_);
        compute_();
      } catch (...) {
        failure_ = std::current_exception();
      }
      asio::post(work.get_executor(), [waiting] { waiting.resume(); });
    });
  }
  void await_resume() const {
    trace_running(lane_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  tbb::task_arena& arena_;
  asio::io_context& loop_;
  Compute compute_;
  std::exception_ptr failure_;
  std::uint32_t lane_ = no_lane;
};

/// The asynchronous form of a workload, with its computation in a oneTBB arena.
class offloaded_form final : public async_form {
 public:
  offloaded_form(workload& work, asio::io_context& loop, int threads)
      : work_(work),
        inner_(work.async()),
        loop_(loop),
        allowed_(tbb::global_control::max_allowed_parallelism,
                 static_cast<std::size_t>(threads) + 1),
        // No slot is reserved for the loop's thread: it never computes.
        arena_(threads, 0) {}

  std::unique_ptr<lane> open_async_lane(asio::io_context& loop, std::uint32_t number) override {
    return inner_ != nullptr ? inner_->open_async_lane(loop, number) : work_.open_lane(number);
  }

  awaitable_operation run_async(lane& state) override {
    if (inner_ == nullptr) {
      co_await arena_task(arena_, loop_, [this, &state] { work_.run_blocking(state); });
    } else if (inner_->has_parts()) {
      co_await arena_task(arena_, loop_, [this, &state] { inner_->compute(state); });
      co_await inner_->wait_async(state);
    } else {
      co_await inner_->run_async(state);
    }
  }

 private:
  workload& work_;
  async_form* inner_;
  asio::io_context& loop_;
  tbb::global_control allowed_;
  tbb::task_arena arena_;
};

/// One loop whose coroutines hand computation to a oneTBB arena of k threads, so that the loop
/// stays responsive (like asyncio's run_in_executor). All threads share the cell's CPUs.
class offload final : public model {
 public:
  explicit offload(const model_setup& setup)
      : model(1),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        form_(*work_, loop_, static_cast<int>(setup.cpus.size())),
        lanes_(loop_, *work_, &form_, setup.in_flight) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i) lanes_.open(i);
  }

  worker_totals run_lanes(run_control& control) override {
    current_tally() = &tallies_[0];
    tallies_.begin_all(control);
    loop_.restart();
    lanes_.start(control);
    loop_.run();
    tallies_.end_all();
    lanes_.rethrow();
    return tallies_.add_up();
  }

 private:
  std::unique_ptr<workload> work_;
  asio::io_context loop_;
  offloaded_form form_;
  loop_lanes lanes_;
  worker_tallies tallies_{board_, 1};
};

std::uint32_t offload_workers(const cell_request& cell) { return cell.cores + 1; }

}  // namespace

extern const model_type offload_model;
constinit const model_type offload_model = {
    .name = "offload",
    .summary = "coroutine loop that offloads computation to a oneTBB arena",
    .parameters = {},
    .prepare = make_model<offload>,
    .workers = offload_workers,
};

}  // namespace crossover
