#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "bench/models/run/pace.hpp"
#include "workloads/async_form.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// The lanes of one io_context; each is a coroutine for the duration of a run. A workload with an
/// asynchronous form is awaited. One without runs inline and blocks the loop.
class loop_lanes {
 public:
  /// `lanes`: number of lanes in the whole cell, which share a counted run.
  loop_lanes(boost::asio::io_context& loop, workload& work, std::uint32_t lanes);
  ~loop_lanes();

  /// Opens lane `number` on this loop. Throws `error`.
  void open(std::uint32_t number);

  /// Starts one coroutine per lane; they run when the loop runs. Call only while the loop does not
  /// run.
  void start(run_control& control);

  /// Rethrows the first exception that ended a lane, for example a wrong result.
  void rethrow();

 private:
  struct slot;
  struct inline_operation;
  awaitable_operation await_operations(slot& s, run_control& control);
  awaitable_operation await_schedule(slot& s, run_control& control);
  template <bool Traced>
  inline_operation run_inline(slot& s, run_control& control);
  inline_operation run_inline_schedule(slot& s, run_control& control);
  void keep_first_exception();

  boost::asio::io_context& loop_;
  workload& work_;
  async_form* async_;
  std::uint32_t lanes_;
  std::vector<std::unique_ptr<slot>> slots_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

/// The calling thread's tally. Set it before running a loop that has lanes.
tally*& current_tally();

}  // namespace crossover
