#pragma once

// Operations as coroutines on Boost.Asio. A coroutine returns `awaitable_operation` and awaits an
// Asio operation with the token `awaited`:
//
//     crossover::awaitable_operation echo(connection& c) {
//       co_await c.socket.async_read_some(boost::asio::buffer(c.reply), crossover::awaited);
//     }
//
// A boost::asio::awaitable<void> can be awaited too:
// `co_await boost::asio::co_spawn(executor, existing(), crossover::awaited)`.

#include <crossover/crossover.hpp>

#include "workloads/async_form.hpp"

namespace crossover {

/// Asynchronous form whose operations are the coroutines of functions.
template <typename Open, typename Compute, typename Wait>
class own_coroutines final : public async_form {
 public:
  own_coroutines(parameters cell, Open open, Compute compute, Wait wait, bool has_parts)
      : cell_(std::move(cell)),
        open_(std::move(open)),
        compute_(std::move(compute)),
        wait_(std::move(wait)),
        has_parts_(has_parts) {}
  std::unique_ptr<lane> open_async_lane(boost::asio::io_context& loop, std::uint32_t) override {
    return std::make_unique<lane_type>([&] { return open_(loop, cell_); });
  }
  awaitable_operation run_async(lane& base) override {
    if (!has_parts_) return wait_async(base);
    return run_both(base);
  }
  bool has_parts() const override { return has_parts_; }
  void compute(lane& base) override {
    run_and_check(compute_, static_cast<lane_type&>(base).state);
  }
  awaitable_operation wait_async(lane& base) override {
    return wait_(static_cast<lane_type&>(base).state);
  }

 private:
  using lane_type =
      own_lane<std::invoke_result_t<Open&, boost::asio::io_context&, const parameters&>>;

  awaitable_operation run_both(lane& base) {
    compute(base);
    co_await wait_async(base);
  }

  const parameters cell_;
  Open open_;
  Compute compute_;
  Wait wait_;
  bool has_parts_;
};

template <typename Open, typename Run>
own_workload& own_workload::async(Open open, Run run) {
  auto nothing = [](auto&) {};
  make_async_ = [=](const parameters& cell) -> std::shared_ptr<async_form> {
    return std::make_shared<own_coroutines<Open, decltype(nothing), Run>>(cell, open, nothing, run,
                                                                          false);
  };
  return *this;
}

template <typename Open, typename Compute, typename Wait>
own_workload& own_workload::async(Open open, Compute compute, Wait wait) {
  make_async_ = [=](const parameters& cell) -> std::shared_ptr<async_form> {
    return std::make_shared<own_coroutines<Open, Compute, Wait>>(cell, open, compute, wait, true);
  };
  return *this;
}

}  // namespace crossover
