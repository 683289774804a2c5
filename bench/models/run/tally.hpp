#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "bench/models/run/latency_recorder.hpp"
#include "bench/models/run/run_board.hpp"
#include "bench/models/run/usage.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Counts of one worker (thread, loop, process) in a run. Only that worker accesses it.
struct alignas(64) tally {
  /// `reads_usage`: the worker is a process of its own and reads its usage itself.
  tally(worker_slot& counter, latency_recorder& latency_into, latency_recorder& service_into,
        std::uint32_t worker, bool reads_usage = false)
      : slot(counter),
        latency(latency_into, worker),
        service(service_into, worker),
        reads_usage_(reads_usage) {}

  worker_slot& slot;
  std::uint64_t begun = 0;  ///< open loop: arrivals due in the window that were begun
  std::uint64_t late = 0;   ///< open loop: of these, begun more than `late_ns` after they were due
  std::int64_t end_ns = 0;
  std::map<std::string, std::uint64_t, std::less<>> errors;  ///< in the window
  latency_recorder::buffer latency;
  latency_recorder::buffer service;

  /// Call before the worker's first operation of a run, and after its last.
  void begin(const run_control& control);
  void end();

  /// Notes the phase of the run. A process reads its usage when it first sees an edge.
  void observe(run_phase phase) {
    if (phase != phase_) [[unlikely]]
      on_edge(phase);
  }
  bool in_window() const { return phase_ == run_phase::window; }
  /// Usage of a worker process during the window.
  usage used() const { return close_ - open_; }

  void count_error(const operation_error& e);

 private:
  void on_edge(run_phase phase);

  run_phase phase_ = run_phase::lead_in;
  bool reads_usage_;
  usage open_, close_;
};

/// Sums over the workers of a run.
struct worker_totals {
  std::int64_t end_ns = 0;            ///< end of the last worker
  std::uint64_t begun = 0, late = 0;  ///< open loop: arrivals due in the window
  std::map<std::string, std::uint64_t> errors;
  latency_distribution latency, service;
  usage children;  ///< of forked workers
};

/// The tallies of the workers that are threads of this process, and their latency recorders.
class worker_tallies {
 public:
  /// Makes one tally per slot of the board. `threads`: number of workers that run at the same time.
  worker_tallies(run_board& board, std::uint32_t threads);
  tally& operator[](std::size_t worker) { return tallies_[worker]; }
  void begin_all(const run_control& control);
  void end_all();
  /// Adds up the counts of a run and takes the latencies from the recorders.
  worker_totals add_up();

 private:
  latency_recorder latency_, service_;
  std::deque<tally> tallies_;
};

}  // namespace crossover
