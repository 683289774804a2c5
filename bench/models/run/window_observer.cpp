#include "bench/models/run/window_observer.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Counters are read again if reading them took longer than this.
constexpr std::int64_t max_reading_ns = 20'000;

std::uint64_t total(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

window_observer::window_observer(run_board& board) : board_(board), thread_([this] { serve(); }) {}

window_observer::~window_observer() {
  {
    const std::lock_guard lock(mutex_);
    state_ = state::stopping;
    cancelled_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void window_observer::start() {
  {
    const std::lock_guard lock(mutex_);
    state_ = state::observing;
    cancelled_ = false;
    window_.reset();
  }
  changed_.notify_all();
}

run_window window_observer::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ == state::closed; });
  state_ = state::idle;
  if (!window_) throw error(error_kind::failed, "the run ended before its window closed");
  return std::move(*window_);
}

void window_observer::cancel() {
  std::unique_lock lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return state_ == state::closed || state_ == state::idle; });
  state_ = state::idle;
}

void window_observer::serve() {
  // Wake on time although the lanes keep the CPUs busy. Only root may raise the priority; without
  // it the window opens slightly late, but its length is still measured exactly.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), -10);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return state_ == state::observing || state_ == state::stopping; });
    if (state_ == state::stopping) return;
    lock.unlock();
    std::optional<run_window> window = observe();
    lock.lock();
    if (state_ == state::stopping) return;
    window_ = std::move(window);
    state_ = state::closed;
    changed_.notify_all();
  }
}

std::optional<run_window> window_observer::observe() {
  run_control& control = board_.control();
  control.released.wait(0);
  if (!sleep_until(control.start_ns + control.lead_ns)) return std::nullopt;
  run_window window;
  control.phase = run_phase::window;
  window.open = read_edge();
  const std::int64_t close_ns = window.open.ns + control.window_ns;
  if (control.series) {
    std::uint64_t before = total(window.open.operations);
    for (std::int64_t at = window.open.ns + series_step_ns; at <= close_ns; at += series_step_ns) {
      if (!sleep_until(at)) return std::nullopt;
      const std::uint64_t now = total(board_.operations());
      window.series.push_back(now - before);
      before = now;
    }
  }
  if (!sleep_until(close_ns)) return std::nullopt;
  window.close = read_edge();
  control.phase = run_phase::drain;
  return window;
}

window_edge window_observer::read_edge() const {
  // Counters and clock match only if this thread was not preempted between them, so the quickest of
  // several readings is used.
  window_edge edge;
  std::int64_t closest_ns = std::numeric_limits<std::int64_t>::max();
  for (int attempt = 0; attempt < 5 && closest_ns > max_reading_ns; ++attempt) {
    const std::int64_t before = now_ns();
    std::vector<std::uint64_t> operations = board_.operations();
    const std::int64_t after = now_ns();
    if (after - before >= closest_ns) continue;
    closest_ns = after - before;
    edge.ns = before + closest_ns / 2;
    edge.operations = std::move(operations);
  }
  edge.used = usage_of_this_process();
  return edge;
}

bool window_observer::sleep_until(std::int64_t when_ns) {
  std::unique_lock lock(mutex_);
  const std::chrono::steady_clock::time_point when{std::chrono::nanoseconds(when_ns)};
  return !changed_.wait_until(lock, when, [this] { return cancelled_; });
}

}  // namespace crossover
