#pragma once

// Lanes: the operations as callbacks on a libuv loop.
#include <sys/resource.h>
#include <uv.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>

#include "tools/cells/libuv_cell/digests.hpp"

constexpr std::int64_t never = INT64_MAX;

/// Values that all lanes share in a run. Times are in ns.
struct run_plan {
  std::int64_t operations = 0, window = 0, lead = 0, stagger = 0, start = 0;
  std::int64_t opens() const { return start + lead; }
  std::int64_t closes() const { return operations > 0 ? never - 1 : opens() + window; }
};

/// Counters of one loop, in the window.
struct tally {
  std::int64_t operations = 0, lag = 0, end = 0, sum = 0, max = 0;
  std::map<std::string, std::int64_t> errors;
  std::map<std::int64_t, std::int64_t> bins;  ///< by lower bound

  void add(const tally& other) {
    operations += other.operations;
    lag = std::max(lag, other.lag);
    end = std::max(end, other.end);
    sum += other.sum;
    max = std::max(max, other.max);
    for (const auto& [name, count] : other.errors) errors[name] += count;
    for (const auto& [lower, count] : other.bins) bins[lower] += count;
  }
};

/// Returns the width of a latency's bin: 64 bins per octave.
inline std::int64_t bin_width(std::int64_t ns) {
  return std::int64_t{1} << std::max(
             0, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(ns))) - 7);
}

struct run_state {
  run_plan plan;
  std::atomic<std::int64_t> closes = 0;  ///< 0 after a wrong result: ends all lanes
  std::atomic<std::int64_t> due = 0;     ///< the next edge of the window
  std::mutex mutex;                      ///< of the members below
  rusage before{}, after{};              ///< at the edges
  std::unique_ptr<failure> wrong;

  void release(const run_plan& wanted) {
    plan = wanted;
    plan.start = now_ns();
    closes = plan.closes();
    due = plan.opens();
    observe(plan.start);
  }

  /// Reads the usage at edges that are due. Lanes call it when they have read the clock anyway:
  /// another thread could get a CPU long after the edge.
  void observe(std::int64_t now) {
    if (now < due) return;
    const std::lock_guard lock(mutex);
    if (due == plan.opens()) {
      getrusage(RUSAGE_SELF, &before);
      due = plan.closes();
    }
    if (now >= due) {
      getrusage(RUSAGE_SELF, &after);
      due = never;
    }
  }
};

/// A lane: issues an operation, and the next one when it has ended. Lives on one loop.
class lane {
 public:
  lane(uv_loop_t* loop, int number, int lanes) : loop_(loop), number_(number), lanes_(lanes) {
    uv_timer_init(loop, &timer_);
    timer_.data = this;
  }
  virtual ~lane() = default;

  void start(run_state& run, tally& counts) {
    run_ = &run;
    tally_ = &counts;
    const run_plan& plan = run.plan;
    left_ = plan.operations == 0 ? never : plan.operations / lanes_;
    if (number_ < plan.operations % lanes_) ++left_;
    begin_ = plan.start + plan.stagger * number_ / lanes_;
    wait_until(begin_, [](lane& self) { self.first(); });
  }

 protected:
  virtual void issue() = 0;
  virtual void stop() {}

  /// Ends the operation. `error`: name for the count of errors, or "" for a success.
  void ended(const std::string& error) {
    const std::int64_t end = now_ns();
    run_->observe(end);
    if (end >= run_->closes) return finish();
    if (end >= run_->plan.opens()) {
      if (error.empty())
        count(end - issued_);
      else
        ++tally_->errors[error];
    }
    issued_ = end;
    if (--left_ == 0) return finish();
    issue();
  }

  void fail(const failure& wrong) {
    const std::lock_guard lock(run_->mutex);
    if (!run_->wrong) run_->wrong = std::make_unique<failure>(wrong);
    run_->closes = 0;
  }

  /// Does the work; returns whether its result is right.
  bool compute(const std::function<void()>& work) {
    try {
      if (work) work();
      return true;
    } catch (const failure& wrong) {
      fail(wrong);
      finish();
      return false;
    }
  }

  /// Timers count whole ms from the loop's last look at the clock, so they can end 1 ms early.
  void wait_until(std::int64_t time, void (*then)(lane&)) {
    due_ = time;
    then_ = then;
    const std::int64_t left = time - now_ns();
    if (left <= 0) return then(*this);
    uv_update_time(loop_);
    uv_timer_start(
        &timer_,
        [](uv_timer_t* timer) {
          lane& self = *static_cast<lane*>(timer->data);
          self.wait_until(self.due_, self.then_);
        },
        static_cast<std::uint64_t>((left + 999'999) / 1'000'000), 0);
  }

  uv_loop_t* loop_;
  int number_;

 private:
  void first() {
    issued_ = now_ns();
    if (issued_ >= run_->closes || left_ == 0) return finish();
    tally_->lag = std::max(tally_->lag, issued_ - begin_);
    issue();
  }
  void count(std::int64_t latency) {
    const std::int64_t width = bin_width(latency);
    ++tally_->operations;
    ++tally_->bins[latency / width * width];
    tally_->sum += latency;
    tally_->max = std::max(tally_->max, latency);
  }
  void finish() {
    tally_->end = std::max(tally_->end, now_ns());
    stop();
  }

  int lanes_;
  uv_timer_t timer_{};
  std::int64_t due_ = 0, begin_ = 0, issued_ = 0, left_ = 0;
  void (*then_)(lane&) = nullptr;
  run_state* run_ = nullptr;
  tally* tally_ = nullptr;
};

/// `sleep`, and `mixed` with a timer: work, then a wait.
class timer_lane final : public lane {
 public:
  timer_lane(uv_loop_t* loop, int number, int lanes, std::int64_t delay, std::function<void()> work)
      : lane(loop, number, lanes), delay_(delay), work_(std::move(work)) {}

 private:
  void issue() override {
    if (compute(work_))
      wait_until(now_ns() + delay_, [](lane& self) { static_cast<timer_lane&>(self).ended(""); });
  }
  std::int64_t delay_;
  std::function<void()> work_;
};

/// `hashing`, and `mixed` without a wait: work, once in each turn of the loop.
class idle_lane final : public lane {
 public:
  idle_lane(uv_loop_t* loop, int number, int lanes, std::function<void()> work)
      : lane(loop, number, lanes), work_(std::move(work)) {
    uv_idle_init(loop, &idle_);
    idle_.data = this;
  }

 private:
  void issue() override {
    uv_idle_start(&idle_, [](uv_idle_t* idle) {
      auto& self = *static_cast<idle_lane*>(idle->data);
      if (self.compute(self.work_)) self.ended("");
    });
  }
  void stop() override { uv_idle_stop(&idle_); }
  uv_idle_t idle_{};
  std::function<void()> work_;
};

/// `network`, and `mixed` with a server: work, a message, and its echo.
class echo_lane final : public lane {
 public:
  echo_lane(uv_loop_t* loop, int number, int lanes, const sockaddr_storage& server,
            std::size_t bytes, std::function<void()> work)
      : lane(loop, number, lanes),
        server_(server),
        work_(std::move(work)),
        message_(bytes, '\0'),
        echo_(bytes, '\0') {
    for (std::size_t i = 0; i < bytes; ++i)
      message_[i] = static_cast<char>(31 * static_cast<std::size_t>(number) + 7 * i);
  }

  /// Connects, then calls `then` with a libuv status.
  void connect(void (*then)(echo_lane&, int status)) {
    uv_tcp_init(loop_, &socket_);
    uv_tcp_nodelay(&socket_, 1);
    socket_.data = connect_.data = write_.data = this;
    then_connected_ = then;
    const int status = uv_tcp_connect(&connect_, &socket_, reinterpret_cast<sockaddr*>(&server_),
                                      [](uv_connect_t* request, int result) {
                                        auto& self = *static_cast<echo_lane*>(request->data);
                                        self.is_connected_ = result == 0;
                                        self.then_connected_(self, result);
                                      });
    if (status != 0) then(*this, status);
  }

 private:
  void issue() override {
    if (!compute(work_)) return;
    if (is_connected_) return exchange();
    connect([](echo_lane& self, int status) {
      if (status == 0) return self.exchange();
      self.drop("connect", status);
    });
  }

  void exchange() {
    received_ = 0;
    ++counter_;
    std::memcpy(message_.data(), &counter_, std::min(message_.size(), sizeof counter_));
    uv_buf_t rest = uv_buf_init(message_.data(), static_cast<unsigned>(message_.size()));
    const int written = std::max(0, uv_try_write(stream(), &rest, 1));
    rest.base += written;
    rest.len -= static_cast<std::size_t>(written);
    // If it fails, the read does too.
    if (rest.len > 0) uv_write(&write_, stream(), &rest, 1, [](uv_write_t*, int) {});
    uv_read_start(
        stream(),
        [](uv_handle_t* handle, std::size_t, uv_buf_t* space) {
          auto& self = *static_cast<echo_lane*>(handle->data);
          *space = uv_buf_init(self.echo_.data() + self.received_,
                               static_cast<unsigned>(self.echo_.size() - self.received_));
        },
        [](uv_stream_t* handle, ssize_t count, const uv_buf_t*) {
          static_cast<echo_lane*>(handle->data)->receive(count);
        });
  }

  void receive(ssize_t count) {
    if (count < 0) return drop("receive", static_cast<int>(count));
    received_ += static_cast<std::size_t>(count);
    if (received_ < echo_.size()) return;
    if (echo_ != message_) fail(wrong_result);
    ended("");
  }

  /// Closes the connection, then ends the operation with an error.
  void drop(const char* phase, int status) {
    error_ = std::string(phase) + ":" + uv_err_name(status);
    is_connected_ = false;
    uv_close(reinterpret_cast<uv_handle_t*>(&socket_), [](uv_handle_t* handle) {
      auto& self = *static_cast<echo_lane*>(handle->data);
      self.ended(self.error_);
    });
  }

  void stop() override {
    if (is_connected_) uv_read_stop(stream());
  }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket_); }

  sockaddr_storage server_;
  std::function<void()> work_;
  std::string message_, echo_, error_;
  std::size_t received_ = 0;
  std::uint64_t counter_ = 0;
  bool is_connected_ = false;
  void (*then_connected_)(echo_lane&, int) = nullptr;
  uv_tcp_t socket_{};
  uv_connect_t connect_{};
  uv_write_t write_{};
};
