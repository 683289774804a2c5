#include "bench/models/loop_lanes.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <coroutine>

namespace crossover {
namespace {

namespace asio = boost::asio;
using steady_clock = std::chrono::steady_clock;
using loop_timer =
    asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, loop_executor>;

thread_local tally* loop_tally = nullptr;

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

/// Awaitable that queues the coroutine again at the end of the loop's queue. The queue entry is
/// stored in the coroutine frame.
struct next_turn {
  asio::io_context& loop;
  alignas(std::max_align_t) std::byte memory[queued_handler_bytes];

  explicit next_turn(asio::io_context& context) : loop(context) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    loop.get_executor().post([waiting] { waiting.resume(); }, buffer_allocator<void>(memory));
  }
  void await_resume() const noexcept {}
};

/// Awaitable that waits until `when_ns` on the monotonic clock.
struct until {
  loop_timer& timer;
  std::int64_t when_ns;
  bool await_ready() const { return now_ns() >= when_ns; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    timer.expires_at(steady_clock::time_point(std::chrono::nanoseconds(when_ns)));
    timer.async_wait([waiting](boost::system::error_code) { waiting.resume(); });
  }
  void await_resume() const noexcept {}
};

}  // namespace

tally*& current_tally() { return loop_tally; }

struct loop_lanes::slot {
  slot(asio::io_context& loop, std::uint32_t lane_number, std::unique_ptr<lane> opened)
      : number(lane_number), owned(std::move(opened)), timer(loop) {}
  std::uint32_t number;
  std::unique_ptr<lane> owned;
  loop_timer timer;  // open loop: waits for the intended start
  lane_pace pace;
};

/// Detached coroutine: runs until its first suspension when called, and frees its frame at its end.
struct loop_lanes::inline_operation {
  struct promise_type {
    inline_operation get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }  // the bodies catch everything
  };
};

loop_lanes::loop_lanes(asio::io_context& loop, workload& work, std::uint32_t lanes)
    : loop_(loop), work_(work), async_(work.async()), lanes_(lanes) {}
loop_lanes::~loop_lanes() = default;

void loop_lanes::open(std::uint32_t number) {
  slots_.push_back(std::make_unique<slot>(
      loop_, number,
      async_ != nullptr ? async_->open_async_lane(loop_, number) : work_.open_lane(number)));
}

void loop_lanes::start(run_control& control) {
  const bool open_loop = control.open_loop();
  for (const auto& s : slots_) {
    if (control.quota(s->number, lanes_) == 0) continue;
    if (async_ != nullptr)
      asio::co_spawn(loop_, open_loop ? await_schedule(*s, control) : await_operations(*s, control),
                     asio::detached);
    else
      open_loop                 ? run_inline_schedule(*s, control)
      : active_trace != nullptr ? run_inline<true>(*s, control)
                                : run_inline<false>(*s, control);
  }
}

void loop_lanes::keep_first_exception() {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::current_exception();
}

void loop_lanes::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

awaitable_operation loop_lanes::await_operations(slot& s, run_control& control) {
  const traced_lane_scope traced(s.number);
  if (const std::int64_t due = control.begin_of(s.number, lanes_); now_ns() < due) {
    s.timer.expires_at(steady_clock::time_point(std::chrono::nanoseconds(due)));
    const traced_wait waits;
    co_await s.timer.async_wait(asio::use_awaitable_t<loop_executor>());
  }
  s.pace.begin(control, s.number, lanes_);
  for (bool more = true; more;) {
    try {
      do co_await async_->run_async(*s.owned);
      while ((more = s.pace.done(*loop_tally)));
    } catch (const operation_error& e) {
      more = s.pace.failed(*loop_tally, e);
    } catch (...) {
      keep_first_exception();
      co_return;
    }
  }
}

awaitable_operation loop_lanes::await_schedule(slot& s, run_control& control) {
  const traced_lane_scope traced(s.number);
  control.lane_begins(s.number, lanes_, now_ns());
  while (const auto intended = control.claim()) {
    if (now_ns() < *intended) {
      s.timer.expires_at(steady_clock::time_point(std::chrono::nanoseconds(*intended)));
      const traced_wait waits;
      co_await s.timer.async_wait(asio::use_awaitable_t<loop_executor>());
    }
    if (control.over()) co_return;  // claimed, but never begun
    open_loop_turn turn{control, *intended};
    turn.start(*loop_tally);
    try {
      co_await async_->run_async(*s.owned);
      turn.done(*loop_tally);
    } catch (const operation_error& e) {
      turn.failed(*loop_tally, e);
    } catch (...) {
      keep_first_exception();
      co_return;
    }
  }
}

// An operation may take only 30 ns: even an inactive trace point would be measurable.
template <bool Traced>
loop_lanes::inline_operation loop_lanes::run_inline(slot& s, run_control& control) {
  const traced_lane_scope traced(s.number);
  bool begun = false;
  for (bool more = true; more;) {
    if constexpr (Traced) {
      const traced_wait waits;
      co_await next_turn{loop_};
    } else {
      co_await next_turn{loop_};
    }
    if (!begun) [[unlikely]]
      begun = s.pace.begin(control, s.number, lanes_);
    try {
      work_.run_blocking(*s.owned);
      more = s.pace.done(*loop_tally);
    } catch (const operation_error& e) {
      more = s.pace.failed(*loop_tally, e);
    } catch (...) {
      keep_first_exception();
      co_return;
    }
  }
}

loop_lanes::inline_operation loop_lanes::run_inline_schedule(slot& s, run_control& control) {
  const traced_lane_scope traced(s.number);
  {
    const traced_wait waits;
    co_await next_turn{loop_};
  }
  control.lane_begins(s.number, lanes_, now_ns());
  while (const auto intended = control.claim()) {
    {
      const traced_wait waits;
      co_await until{s.timer, *intended};
    }
    if (control.over()) co_return;  // claimed, but never begun
    open_loop_turn turn{control, *intended};
    turn.start(*loop_tally);
    try {
      work_.run_blocking(*s.owned);
      turn.done(*loop_tally);
    } catch (const operation_error& e) {
      turn.failed(*loop_tally, e);
    } catch (...) {
      keep_first_exception();
      co_return;
    }
  }
}

}  // namespace crossover
