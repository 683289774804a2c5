#include <condition_variable>
#include <mutex>
#include <thread>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/model.hpp"

namespace crossover {
namespace {

/// A std::jthread per operation, c at once on k CPUs. The calling thread starts them: when a thread
/// ends, it joins it and starts the one of the lane's next operation.
class thread_per_operation final : public model {
 public:
  explicit thread_per_operation(const model_setup& setup)
      : model(setup.in_flight),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        tallies_(board_, static_cast<std::uint32_t>(setup.cpus.size())),
        threads_(setup.in_flight) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i)
      lanes_.emplace_back(*work_, i, setup.in_flight);
    ended_.reserve(setup.in_flight);
  }

  worker_totals run_lanes(run_control& control) override {
    tallies_.begin_all(control);
    std::size_t running = 0;
    const auto start = [&](std::uint32_t number, bool is_first) {
      if (!lanes_[number].await_arrival(control)) return;
      threads_[number] = std::jthread(
          [this, number, is_first, &control] { end(number, run_one(number, is_first, control)); });
      ++running;
    };
    try {
      for (const blocking_lane& l : lanes_) start(l.number(), true);
      while (running > 0) {
        const ended_thread ended = next_ended();
        --running;
        threads_[ended.lane].join();
        if (ended.is_followed) start(ended.lane, false);
      }
    } catch (...) {  // no memory for a thread
      threads_ = std::vector<std::jthread>(threads_.size());
      ended_.clear();
      failure_ = nullptr;
      throw;
    }
    tallies_.end_all();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return tallies_.add_up();
  }

 private:
  struct ended_thread {
    std::uint32_t lane;
    bool is_followed;  ///< by a thread for the lane's next operation
  };

  bool run_one(std::uint32_t number, bool is_first, run_control& control) {
    const traced_lane_scope scope(number);
    blocking_lane& l = lanes_[number];
    try {
      return (!is_first || l.begin(control)) && l.run_one(control, tallies_[number]);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      return false;
    }
  }

  void end(std::uint32_t number, bool is_followed) {
    const std::lock_guard lock(mutex_);
    ended_.push_back({number, is_followed});
    changed_.notify_one();
  }

  ended_thread next_ended() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ended_.empty(); });
    const ended_thread next = ended_.back();
    ended_.pop_back();
    return next;
  }

  std::unique_ptr<workload> work_;
  worker_tallies tallies_;  // by lane
  std::vector<blocking_lane> lanes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ended_thread> ended_;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;  // last: they end before the members that they use
};

}  // namespace

extern const model_type thread_per_operation_model;
constinit const model_type thread_per_operation_model = {
    .name = "thread_per_operation",
    .summary = "std::jthread, started for one operation and joined",
    .parameters = {},
    .prepare = make_model<thread_per_operation>,
    .workers = one_worker_per_lane,
};

}  // namespace crossover
