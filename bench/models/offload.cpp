#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "bench/models/model.hpp"
#include "workloads/async_form.hpp"

namespace crossover {
namespace {

namespace asio = boost::asio;
namespace tbb = oneapi::tbb;
using awaitable_lane = asio::awaitable<void, loop_executor>;

/// One loop whose coroutines hand computation to a oneTBB arena of k threads, so that the loop
/// stays responsive (like asyncio's run_in_executor). All threads share the cell's CPUs.
class offload final : public model {
 public:
  explicit offload(const model_setup& setup)
      : model(1),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        async_(work_->async()),
        allowed_(tbb::global_control::max_allowed_parallelism, setup.cpus.size() + 1),
        // No slot is reserved for the loop's thread: it never computes.
        arena_(static_cast<int>(setup.cpus.size()), 0) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i)
      lanes_.push_back(async_ != nullptr ? async_->open_async_lane(loop_, i) : work_->open_lane(i));
    paces_.resize(lanes_.size());
  }

  worker_totals run_lanes(run_control& control) override {
    control.release();
    loop_.restart();
    counted_.begin(control);
    const auto lanes = static_cast<std::uint32_t>(lanes_.size());
    for (std::uint32_t i = 0; i < lanes; ++i)
      if (control.quota(i, lanes) > 0) asio::co_spawn(loop_, run_lane(i, control), asio::detached);
    loop_.run();
    counted_.end();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    tally* const only[] = {&counted_};
    return add_up(only, latency_, service_);
  }

 private:
  awaitable_lane run_lane(std::uint32_t i, run_control& control) {
    const traced_lane_scope traced(i);
    const auto lanes = static_cast<std::uint32_t>(lanes_.size());
    if (const std::int64_t due = control.begin_of(i, lanes); now_ns() < due) {
      asio::basic_waitable_timer<std::chrono::steady_clock,
                                 asio::wait_traits<std::chrono::steady_clock>, loop_executor>
          timer(loop_, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(due)));
      const traced_wait waits;
      co_await timer.async_wait(use_awaitable);
    }
    paces_[i].begin(control, i, lanes);
    for (bool more = true; more;) {
      try {
        do {
          if (async_ == nullptr) {
            co_await compute_in_arena(i);
          } else if (async_->has_parts()) {
            co_await compute_in_arena(i);
            co_await async_->wait_async(*lanes_[i]);
          } else {
            co_await async_->run_async(*lanes_[i]);
          }
        } while ((more = paces_[i].done(counted_)));
      } catch (const operation_error& e) {
        more = paces_[i].failed(counted_, e);
      } catch (...) {
        if (!failure_) failure_ = std::current_exception();
        co_return;
      }
    }
  }

  /// Runs lane i's computation in the arena and resumes on the loop when it is done.
  awaitable_lane compute_in_arena(std::uint32_t i) {
    std::exception_ptr failure;
    auto token = use_awaitable;
    {
      const traced_wait waits;
      co_await asio::async_initiate<asio::use_awaitable_t<loop_executor>, void()>(
          [&](auto handler) {
            // oneTBB copies the callable that it enqueues; a handler can only be moved.
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            arena_.enqueue([this, i, shared, &failure, work = asio::make_work_guard(loop_)] {
              try {
                const traced_lane_scope traced(i);
                async_ != nullptr ? async_->compute(*lanes_[i]) : work_->run_blocking(*lanes_[i]);
              } catch (...) {
                failure = std::current_exception();
              }
              asio::post(loop_, [shared] { std::move (*shared)(); });
            });
          },
          token);
    }
    if (failure) std::rethrow_exception(failure);
  }

  std::unique_ptr<workload> work_;
  async_form* async_;
  tbb::global_control allowed_;
  tbb::task_arena arena_;
  asio::io_context loop_;
  latency_recorder latency_{1}, service_{1};
  tally counted_{board_.slot(0), latency_, service_, 0};
  std::vector<std::unique_ptr<lane>> lanes_;
  std::vector<lane_pace> paces_;
  std::exception_ptr failure_;
};

std::string offload_unsupported_reason(const cell_request& cell) {
  return cell.open_loop ? "offload: closed loop only" : "";
}

std::uint32_t offload_workers(const cell_request& cell) { return cell.cores + 1; }

}  // namespace

extern const model_type offload_model;
constinit const model_type offload_model = {
    .name = "offload",
    .summary = "coroutine loop that offloads computation to a oneTBB arena",
    .parameters = {},
    .prepare = make_model<offload>,
    .unsupported_reason = offload_unsupported_reason,
    .workers = offload_workers,
};

}  // namespace crossover
