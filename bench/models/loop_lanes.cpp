#include "bench/models/loop_lanes.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <coroutine>
#include <optional>

namespace crossover {
namespace {

namespace asio = boost::asio;
using steady_clock = std::chrono::steady_clock;
using loop_timer =
    asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, loop_executor>;

thread_local tally* loop_tally = nullptr;

steady_clock::time_point time_of(std::int64_t ns) {
  return steady_clock::time_point(std::chrono::nanoseconds(ns));
}

constexpr std::size_t queued_handler_bytes = 64;

/// Allocator over one caller-owned buffer, for a handler that is queued at most once at a time.
template <typename T>
struct buffer_allocator {
  using value_type = T;
  void* memory;

  explicit buffer_allocator(void* buffer) : memory(buffer) {}
  template <typename Other>
  buffer_allocator(const buffer_allocator<Other>& other) : memory(other.memory) {}
  T* allocate(std::size_t count) const {
    static_assert(sizeof(T) <= queued_handler_bytes && alignof(T) <= alignof(std::max_align_t));
    return count == 1 ? static_cast<T*>(memory) : throw std::bad_alloc();
  }
  void deallocate(T*, std::size_t) const {}
  friend bool operator==(const buffer_allocator&, const buffer_allocator&) = default;
};

/// Awaitable that runs a blocking operation at the coroutine's next turn: it queues the coroutine
/// at the end of the loop's queue. The queue entry is stored in the coroutine frame.
class inline_turn {
 public:
  inline_turn(asio::io_context& loop, workload& work, lane& state)
      : loop_(loop), work_(work), state_(state) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    if (active_trace != nullptr) [[unlikely]]
      lane_ = traced_lane();
    trace_idle();
    loop_.get_executor().post([waiting] { waiting.resume(); }, buffer_allocator<void>(memory_));
  }
  void await_resume() const {
    trace_running(lane_);
    work_.run_blocking(state_);
  }

 private:
  asio::io_context& loop_;
  workload& work_;
  lane& state_;
  std::uint32_t lane_ = no_lane;
  alignas(std::max_align_t) std::byte memory_[queued_handler_bytes];
};

/// Awaitable that runs a blocking operation at once.
struct inline_operation {
  workload& work;
  lane& state;
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const { work.run_blocking(state); }
};

}  // namespace

tally*& current_tally() { return loop_tally; }

struct loop_lanes::loop_lane {
  std::unique_ptr<lane> state;
  std::uint32_t number;
  lane_pace pace;
};

/// Detached coroutine of a `loop_lanes`: runs until its first suspension when called, and frees its
/// frame at its end.
class loop_lanes::routine {
 public:
  struct promise_type {
    loop_lanes& lanes;
    template <typename... Arguments>
    explicit promise_type(loop_lanes& self, const Arguments&...) : lanes(self) {}
    routine get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const {
      const std::lock_guard lock(lanes.mutex_);
      if (!lanes.failure_) lanes.failure_ = std::current_exception();
    }
  };
};

loop_lanes::loop_lanes(asio::io_context& loop, workload& work, async_form* async,
                       std::uint32_t lanes)
    : loop_(loop), work_(work), async_(async), lanes_(lanes) {}
loop_lanes::~loop_lanes() = default;

void loop_lanes::open(std::uint32_t number) {
  opened_.push_back(
      {async_ != nullptr ? async_->open_async_lane(loop_, number) : work_.open_lane(number),
       number,
       {}});
}

void loop_lanes::start(run_control& control) {
  const auto awaited_operation = [this](lane& state) { return async_->run_async(state); };
  const auto inline_now = [this](lane& state) { return inline_operation{work_, state}; };
  const auto inline_in_turn = [this](lane& state) { return inline_turn(loop_, work_, state); };
  begin_lanes(control, [=, this, &control](loop_lane& l) {
    if (control.open_loop())
      async_ != nullptr ? run_open(l, control, awaited_operation)
                        : run_open(l, control, inline_now);
    else
      async_ != nullptr ? run_closed(l, control, awaited_operation)
                        : run_closed(l, control, inline_in_turn);
  });
}

void loop_lanes::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

/// Begins each lane when it is due. The timer is made only if it is needed: it would add a reactor
/// to the loop, which costs a loop that never waits 3 ns per operation.
template <typename Begin>
loop_lanes::routine loop_lanes::begin_lanes(run_control& control, Begin begin) {
  std::optional<loop_timer> timer;
  for (loop_lane& l : opened_) {
    if (control.quota(l.number, lanes_) == 0) continue;
    if (const std::int64_t due_ns = control.begin_of(l.number, lanes_); now_ns() < due_ns) {
      if (!timer) timer.emplace(loop_);
      timer->expires_at(time_of(due_ns));
      co_await timer->async_wait(awaited);
    }
    asio::post(loop_, [&l, begin] { begin(l); });
  }
}

template <typename Operate>
loop_lanes::routine loop_lanes::run_closed(loop_lane& l, run_control& control, Operate operate) {
  const traced_lane_scope traced(l.number);
  bool more = l.pace.begin(control, l.number, lanes_);
  while (more) {
    try {
      do co_await operate(*l.state);
      while ((more = l.pace.done(*loop_tally)));
    } catch (const operation_error& e) {
      more = l.pace.failed(*loop_tally, e);
    }
  }
}

template <typename Operate>
loop_lanes::routine loop_lanes::run_open(loop_lane& l, run_control& control, Operate operate) {
  const traced_lane_scope traced(l.number);
  control.lane_begins(l.number, lanes_, now_ns());
  loop_timer timer(loop_);
  while (const auto intended_ns = control.claim()) {
    if (now_ns() < *intended_ns) {
      timer.expires_at(time_of(*intended_ns));
      co_await timer.async_wait(awaited);
    }
    if (control.over()) co_return;  // claimed, but never begun
    open_loop_turn turn{control, *intended_ns};
    turn.start(*loop_tally);
    try {
      co_await operate(*l.state);
      turn.done(*loop_tally);
    } catch (const operation_error& e) {
      turn.failed(*loop_tally, e);
    }
  }
}

}  // namespace crossover
