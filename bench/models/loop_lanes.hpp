#pragma once

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
  /// `async`: the form to await, or nullptr. `lanes`: number of lanes in the whole cell, which
  /// share a counted run.
  loop_lanes(boost::asio::io_context& loop, workload& work, async_form* async, std::uint32_t lanes);
  loop_lanes(boost::asio::io_context& loop, workload& work, std::uint32_t lanes)
      : loop_lanes(loop, work, work.async(), lanes) {}
  ~loop_lanes();

  /// Opens lane `number` on this loop, in ascending order. Throws `error`.
  void open(std::uint32_t number);

  /// Starts a run: the lanes begin while the loop runs. Call only while the loop does not run.
  void start(run_control& control);

  /// Rethrows the first exception that ended a lane, for example a wrong result.
  void rethrow();

 private:
  struct loop_lane;
  class routine;
  template <typename Begin>
  routine begin_lanes(run_control& control, Begin begin);
  template <typename Operate>
  routine run_closed(loop_lane& l, run_control& control, Operate operate);
  template <typename Operate>
  routine run_open(loop_lane& l, run_control& control, Operate operate);

  boost::asio::io_context& loop_;
  workload& work_;
  async_form* async_;
  std::uint32_t lanes_;
  std::vector<loop_lane> opened_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

/// The calling thread's tally. Set it before running a loop that has lanes.
tally*& current_tally();

}  // namespace crossover
