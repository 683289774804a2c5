#include <sys/socket.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/model.hpp"
#include "workloads/waits.hpp"

namespace crossover {
namespace {

constexpr std::array gil_parameters = {
    parameter{"switch_interval",
              parameter_kind::duration,
              "5ms",
              1'000,
              10'000'000'000,
              {},
              "wait before a thread requests the lock from its holder (sys.setswitchinterval)"},
};

/// The lock of CPython (Python/ceval_gil.c, Antoine Pitrou's design for 3.2). A thread that has
/// waited for the switch interval requests a switch. The holder checks for requests at its
/// checkpoints; it releases the lock and waits until another thread has taken it.
class global_lock {
 public:
  explicit global_lock(std::chrono::nanoseconds interval) : interval_(interval) {}

  void take() {
    std::unique_lock lock(mutex_);
    while (held_) {
      const std::uint64_t seen = switches_;
      if (!free_.wait_for(lock, interval_, [&] { return !held_; }) && switches_ == seen)
        asked_.store(true, std::memory_order_relaxed);
    }
    held_ = true;
    ++switches_;
    asked_.store(false, std::memory_order_relaxed);
    taken_.notify_all();
  }

  void give() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    free_.notify_one();
  }

  /// Releases and retakes the lock if another thread requested it; called between two operations.
  void checkpoint() {
    if (!asked_.load(std::memory_order_relaxed)) return;
    std::unique_lock lock(mutex_);
    held_ = false;
    const std::uint64_t seen = switches_;
    free_.notify_one();
    // Forced switch: without this wait the holder would usually reacquire the lock first.
    taken_.wait(lock, [&] { return switches_ != seen; });
    lock.unlock();
    take();
  }

 private:
  std::chrono::nanoseconds interval_;
  std::mutex mutex_;
  std::condition_variable free_, taken_;
  bool held_ = false;
  std::uint64_t switches_ = 0;
  std::atomic<bool> asked_ = false;
};

/// Releases the lock during every wait.
class unlocked_waiter final : public blocking_hooks {
 public:
  explicit unlocked_waiter(global_lock& lock) : lock_(lock) {}
  void sleep(std::int64_t ns) override {
    without_lock([&] { ::crossover::wait_for(ns); });
  }
  ssize_t receive(int fd, void* into, std::size_t most, int flags) override {
    ssize_t n = 0;
    without_lock([&] { n = ::recv(fd, into, most, flags); });
    return n;
  }
  ssize_t send(int fd, const void* from, std::size_t size, int flags) override {
    ssize_t n = 0;
    without_lock([&] { n = ::send(fd, from, size, flags); });
    return n;
  }
  void until_ready(int fd, bool writable) override {
    without_lock([&] { ::crossover::wait_until_ready(fd, writable); });
  }
  void forget(int) override {}
  void without_lock(void (*call)(void*), void* argument) override {
    without_lock([&] { call(argument); });
  }

 private:
  template <typename Wait>
  void without_lock(Wait wait) {
    lock_.give();
    current_waiter() = nullptr;
    wait();
    const int kept = errno;  // taking the lock may overwrite the wait's error
    current_waiter() = this;
    lock_.take();
    errno = kept;
  }
  global_lock& lock_;
};

/// c threads on k CPUs, only one computing at a time: models CPython's GIL.
class gil_threads final : public model {
 public:
  explicit gil_threads(const model_setup& setup)
      : work_(setup.type->make(setup.workload_values, setup.endpoint)),
        lock_(std::chrono::nanoseconds(setup.model_values.number("switch_interval"))),
        latency_(static_cast<std::uint32_t>(setup.cpus.size())),
        service_(static_cast<std::uint32_t>(setup.cpus.size())) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i)
      workers_.push_back(std::make_unique<worker>(latency_, service_, i, work_->open_lane(i)));
    for (auto& w : workers_) w->thread = std::thread([this, mine = w.get()] { serve(*mine); });
  }

  ~gil_threads() override {
    over_ = true;
    ++turn_;
    turn_.notify_all();
    for (auto& w : workers_) w->thread.join();
  }

  run_outcome run(run_control& control, double seconds) override {
    release(control, seconds);
    control_ = &control;
    running_ = static_cast<std::uint32_t>(workers_.size());
    ++turn_;
    turn_.notify_all();
    for (std::uint32_t left = running_; left != 0; left = running_) running_.wait(left);
    if (trouble_) std::rethrow_exception(std::exchange(trouble_, nullptr));
    std::vector<tally*> tallies;
    for (auto& w : workers_) tallies.push_back(&w->counted);
    run_outcome outcome = gather(tallies, latency_, service_);
    outcome.begin_ns = control.start_ns;
    return outcome;
  }

 private:
  struct worker {
    worker(latency_recorder& latency, latency_recorder& service, std::uint32_t given,
           std::unique_ptr<lane> opened)
        : number(given), owned(std::move(opened)), counted(latency, service, given) {}
    std::uint32_t number;
    std::unique_ptr<lane> owned;
    tally counted;
    std::thread thread;
  };

  void serve(worker& mine) {
    unlocked_waiter waits(lock_);
    current_waiter() = &waits;
    for (std::uint32_t seen = 0;;) {
      turn_.wait(seen);
      seen = turn_.load();
      if (over_) return;
      mine.counted.begin();
      lock_.take();
      try {
        run_lane(mine);
      } catch (...) {
        const std::lock_guard lock(trouble_mutex_);
        if (!trouble_) trouble_ = std::current_exception();
      }
      lock_.give();
      trace_idle();
      mine.counted.end();
      if (--running_ == 0) running_.notify_one();
    }
  }

  void run_lane(worker& mine) {
    run_control& control = *control_;
    trace_running(mine.number);
    if (control.open_loop()) {
      while (run_open_loop_turn(*work_, *mine.owned, control, mine.counted)) lock_.checkpoint();
      return;
    }
    lane_pace pace;
    bool more =
        pace.begin(control, control.quota(mine.number, static_cast<std::uint32_t>(workers_.size())),
                   control.start_ns);
    while (more) {
      try {
        work_->run_blocking(*mine.owned);
        more = pace.done(mine.counted);
      } catch (const operation_error& trouble) {
        more = pace.failed(mine.counted, trouble);
      }
      lock_.checkpoint();
    }
  }

  std::unique_ptr<workload> work_;
  global_lock lock_;
  latency_recorder latency_, service_;
  std::vector<std::unique_ptr<worker>> workers_;
  run_control* control_ = nullptr;
  std::atomic<std::uint32_t> turn_ = 0, running_ = 0;
  std::atomic<bool> over_ = false;
  std::mutex trouble_mutex_;
  std::exception_ptr trouble_;
};

}  // namespace

extern const model_type gil_threads_model;
constinit const model_type gil_threads_model = {
    .name = "gil_threads",
    .summary = "threads under a global lock that is released while waiting, like CPython's GIL",
    .parameters = gil_parameters,
    .prepare = make_model<gil_threads>,
    .workers = one_worker_per_lane,
};

}  // namespace crossover
