#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "workloads/awaitable_operation.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Coroutines use this concrete executor type: any_io_executor would cost each operation some tens
/// of ns.
using loop_executor = boost::asio::io_context::executor_type;

/// Concurrency hint of an io_context that only one thread uses: no locks, which saves 5 ns per
/// handler.
inline constexpr int one_thread_only = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;

/// A workload's operation as a coroutine on an event loop.
class async_form {
 public:
  virtual ~async_form() = default;
  /// Opens lane `number` on this loop. Throws `error`.
  virtual std::unique_ptr<lane> open_async_lane(boost::asio::io_context& loop,
                                                std::uint32_t number) = 0;
  /// Runs one operation and checks its result; at most one per lane at a time. Throws
  /// `operation_error` or `error` (failed).
  virtual awaitable_operation run_async(lane& state) = 0;

  /// Returns true if `run_async` is `compute` followed by `wait_async`. A model can then run
  /// `compute` on another thread.
  virtual bool has_parts() const { return false; }
  virtual void compute(lane&) {}
  virtual awaitable_operation wait_async(lane&) { co_return; }
};

}  // namespace crossover
