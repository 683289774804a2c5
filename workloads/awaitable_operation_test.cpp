#include "workloads/awaitable_operation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "workloads/run_async_for_test.hpp"

namespace crossover {
namespace {

using loop_timer = boost::asio::steady_timer;

awaitable_operation add_one(int& count) {
  ++count;
  co_return;
}

awaitable_operation add_many(int& count, int times) {
  for (int i = 0; i < times; ++i) co_await add_one(count);
}

TEST(awaitable_operation, runs_a_million_operations_that_never_wait) {
  boost::asio::io_context loop;
  int count = 0;
  run_on(loop, add_many(count, 1'000'000));
  EXPECT_EQ(count, 1'000'000) << "and the stack does not grow";
}

TEST(awaitable_operation, starts_when_it_is_awaited) {
  int count = 0;
  const awaitable_operation operation = add_one(count);
  EXPECT_EQ(count, 0);
}

TEST(awaitable_operation, passes_an_exception_to_its_parent_before_and_after_a_wait) {
  boost::asio::io_context loop;
  for (const bool waits : {false, true}) {
    const auto fail = [&]() -> awaitable_operation {
      loop_timer timer(loop, std::chrono::milliseconds(1));
      if (waits) co_await timer.async_wait(awaited);
      throw std::runtime_error("failed");
    };
    std::string caught;
    const auto parent = [&]() -> awaitable_operation {
      try {
        co_await fail();
      } catch (const std::runtime_error& e) {
        caught = e.what();
      }
    };
    run_on(loop, parent());
    EXPECT_EQ(caught, "failed");
    EXPECT_THROW(run_on(loop, fail()), std::runtime_error);
  }
}

TEST(awaited, throws_the_error_code_of_an_asio_operation_or_stores_it) {
  boost::asio::io_context loop;
  loop_timer timer(loop);
  boost::system::error_code failure;
  const auto wait = [&](awaited_t token) -> awaitable_operation {
    timer.expires_after(std::chrono::hours(1));
    boost::asio::post(loop, [&] { timer.cancel(); });
    co_await timer.async_wait(token);
  };
  EXPECT_THROW(run_on(loop, wait(awaited)), boost::system::system_error);
  run_on(loop, wait(awaited(failure)));
  EXPECT_EQ(failure, boost::asio::error::operation_aborted);
}

TEST(awaited, parent_of_an_operation_that_ends_on_another_thread_works_for_its_lane) {
  trace_recorder recorder{2};
  active_trace = &recorder;
  recorder.start();
  const auto end_elsewhere = [] {
    awaited_t token;
    return boost::asio::async_initiate<awaited_t, void()>(
        [](auto handler) { std::jthread([handler] { handler(); }); }, token);
  };
  const auto operation = [&]() -> awaitable_operation { co_await end_elsewhere(); };
  const auto parent = [&]() -> awaitable_operation {
    co_await operation();
    trace_operation(trace_mark::ended);
  };
  boost::asio::io_context loop;
  trace_running(7);
  run_on(loop, parent());
  active_trace = nullptr;
  const auto threads = recorder.take();
  ASSERT_EQ(threads.size(), 2U);
  const auto ended = std::find_if(threads[0].points.begin(), threads[0].points.end(),
                                  [](const trace_point& p) { return p.mark == trace_mark::ended; });
  ASSERT_NE(ended, threads[0].points.end());
  EXPECT_EQ(ended->lane, 7U);
  EXPECT_EQ(threads[1].points.back().mark, trace_mark::idle);
}

}  // namespace
}  // namespace crossover
