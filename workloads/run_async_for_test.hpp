#pragma once

#include <boost/asio/io_context.hpp>
#include <exception>
#include <stdexcept>
#include <utility>

#include "workloads/awaitable_operation.hpp"

namespace crossover {

/// Runs an operation on this loop, which must be idle, and rethrows its exception.
inline void run_on(boost::asio::io_context& loop, awaitable_operation operation) {
  struct root {
    struct promise_type {
      root get_return_object() const noexcept { return {}; }
      std::suspend_never initial_suspend() const noexcept { return {}; }
      std::suspend_never final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      void unhandled_exception() const noexcept { std::terminate(); }
    };
  };
  std::exception_ptr failure;
  bool ended = false;
  const auto run = [&]() -> root {
    try {
      co_await std::move(operation);
    } catch (...) {
      failure = std::current_exception();
    }
    ended = true;
  };
  run();
  loop.restart();
  loop.run();
  if (failure) std::rethrow_exception(failure);
  if (!ended) throw std::logic_error("the loop ended before the operation");
}

}  // namespace crossover
