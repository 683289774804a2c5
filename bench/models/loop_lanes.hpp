#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "bench/cell/pace.hpp"
#include "workloads/async_form.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// The lanes that live on one io_context, each a coroutine while a run lasts. A workload with an
/// asynchronous form is awaited; one without runs inline, between two turns of the loop, and blocks
/// it meanwhile: that is what it does.
class loop_lanes {
 public:
  /// `lanes`: of the whole cell, for sharing out counted operations.
  loop_lanes(boost::asio::io_context& loop, workload& work, std::uint32_t lanes);
  ~loop_lanes();

  /// Opens lane `number` on this loop. Throws `error`.
  void open(std::uint32_t number);

  /// Starts a coroutine a lane; they run when the loop does. Call from a thread on which no lane
  /// runs.
  void start(run_control& control);

  /// Rethrows what ended a lane other than the end of the run, a wrong result say.
  void rethrow();

 private:
  struct slot;
  struct inline_operation;
  awaitable_operation await_operations(slot& mine, run_control& control);
  awaitable_operation await_schedule(slot& mine, run_control& control);
  template <bool Traced>
  inline_operation run_inline(slot& mine);
  inline_operation run_inline_schedule(slot& mine, run_control& control);
  void caught();

  boost::asio::io_context& loop_;
  workload& work_;
  async_form* async_;
  std::uint32_t lanes_;
  std::vector<std::unique_ptr<slot>> slots_;
  std::mutex mutex_;
  std::exception_ptr trouble_;
};

/// The tally of the worker that the calling thread is; set by whoever runs a loop, before it runs
/// it.
tally*& current_tally();

}  // namespace crossover
