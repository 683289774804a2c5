#pragma once

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/system/system_error.hpp>
#include <coroutine>
#include <exception>
#include <tuple>
#include <utility>

#include "workloads/trace_points.hpp"

namespace crossover {

/// A coroutine that runs one operation, or a part of it. It starts when it is awaited, and its end
/// resumes the coroutine that awaits it. It replaces boost::asio::awaitable, which allocates a
/// second coroutine for each Asio operation that it awaits.
class [[nodiscard]] awaitable_operation {
 public:
  struct promise_type {
    std::coroutine_handle<> parent;
    std::exception_ptr failure;
    std::atomic<bool> one_side_done = false;  ///< set by the start's return and by the end

    awaitable_operation get_return_object() {
      return awaitable_operation(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    auto final_suspend() const noexcept {
      struct resume_parent {
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<promise_type> ended) const noexcept {
          const std::coroutine_handle<> parent = ended.promise().parent;
          if (ended.promise().one_side_done.exchange(true)) parent.resume();
        }
        void await_resume() const noexcept {}
      };
      return resume_parent{};
    }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { failure = std::current_exception(); }
  };

  awaitable_operation(awaitable_operation&& other) noexcept
      : coroutine_(std::exchange(other.coroutine_, {})) {}
  awaitable_operation& operator=(awaitable_operation&&) = delete;
  ~awaitable_operation() {
    if (coroutine_) coroutine_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  /// Returns false if the operation has already ended: its parent then continues in a loop.
  /// Resuming it from the end would nest one call per operation, because GCC has no tail calls
  /// below -O2.
  bool await_suspend(std::coroutine_handle<> parent) const {
    promise_type& promise = coroutine_.promise();
    promise.parent = parent;
    const std::uint32_t lane = active_trace != nullptr ? traced_lane() : no_lane;
    coroutine_.resume();
    if (!promise.one_side_done.exchange(true)) return true;
    if (lane != no_lane && traced_lane() != lane)
      trace_running(lane);  // it ended on another thread
    return false;
  }
  void await_resume() const {
    if (coroutine_.promise().failure) std::rethrow_exception(coroutine_.promise().failure);
  }

 private:
  explicit awaitable_operation(std::coroutine_handle<promise_type> coroutine)
      : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

/// Completion token of Asio operations in these coroutines: `co_await timer.async_wait(awaited)`.
/// The result is the operation's; an error code is thrown as boost::system::system_error.
/// `awaited(failure)` stores the error code instead.
struct awaited_t {
  boost::system::error_code* failure = nullptr;
  constexpr awaited_t operator()(boost::system::error_code& code) const { return {&code}; }
};
inline constexpr awaited_t awaited;

/// An Asio operation that a coroutine awaits. During the wait, a traced thread is idle.
template <typename Start, typename Arguments, typename... Results>
class asio_wait {
 public:
  asio_wait(awaited_t token, Start start, Arguments arguments)
      : failure_(token.failure), start_(std::move(start)), arguments_(std::move(arguments)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    if (active_trace != nullptr) lane_ = traced_lane();
    trace_idle();
    // Another thread may resume the coroutine, which destroys this object, before `start` returns.
    Start start = std::move(start_);
    std::apply(
        [&](auto&&... arguments) {
          start(handler{this}, std::forward<decltype(arguments)>(arguments)...);
        },
        Arguments(std::move(arguments_)));
  }
  auto await_resume() const {
    if (lane_ != no_lane) trace_running(lane_);
    return std::apply([this](auto... results) { return value_of(results...); }, results_);
  }

 private:
  using error_code = boost::system::error_code;
  struct handler {
    asio_wait* wait;
    void operator()(Results... results) const {
      wait->results_ = {results...};
      wait->waiting_.resume();
      // The parent of a coroutine that has ended here may continue on the thread that started it.
      if (active_trace != nullptr && traced_lane() != no_lane) trace_idle();
    }
  };

  void value_of() const {}
  void value_of(error_code code) const {
    if (failure_ != nullptr)
      *failure_ = code;
    else if (code)
      throw boost::system::system_error(code);
  }
  template <typename Value>
  Value value_of(error_code code, Value value) const {
    value_of(code);
    return value;
  }

  error_code* failure_;
  [[no_unique_address]] Start start_;
  [[no_unique_address]] Arguments arguments_;
  std::tuple<Results...> results_;
  std::coroutine_handle<> waiting_;
  std::uint32_t lane_ = no_lane;
};

}  // namespace crossover

template <typename... Results>
struct boost::asio::async_result<crossover::awaited_t, void(Results...)> {
  template <typename Start, typename... Arguments>
  static auto initiate(Start start, crossover::awaited_t token, Arguments... arguments) {
    return crossover::asio_wait<Start, std::tuple<Arguments...>, Results...>(
        token, std::move(start), {std::move(arguments)...});
  }
};
