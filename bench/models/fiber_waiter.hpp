#pragma once

#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/context.hpp>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "workloads/waits.hpp"

namespace boost::asio {
class io_context;
}

namespace crossover {

/// Round robin that counts the ready fibers, without the running one and the dispatcher.
class counted_round_robin final : public boost::fibers::algo::round_robin {
 public:
  inline static thread_local constinit std::size_t ready = 0;
  void awakened(boost::fibers::context* fiber) noexcept override;
  boost::fibers::context* pick_next() noexcept override;
};

/// Turns each wait of an operation into an Asio operation, so that the thread's other fibers run.
class fiber_waiter final : public blocking_hooks {
 public:
  explicit fiber_waiter(boost::asio::io_context& loop);
  ~fiber_waiter() override;

  /// Returns whether a fiber was suspended since the last call.
  bool take_suspended() { return std::exchange(suspended_, false); }

  void sleep(std::int64_t ns) override;
  ssize_t receive(int fd, void* into, std::size_t most, int flags) override;
  ssize_t send(int fd, const void* from, std::size_t size, int flags) override;
  void until_ready(int fd, bool writable) override;
  void forget(int fd) override;
  void without_lock(void (*call)(void*), void* argument) override { call(argument); }

 private:
  class watched_socket;
  template <typename Start>
  void suspend(Start start);
  watched_socket& socket_of(int fd);

  boost::asio::io_context& loop_;
  std::vector<std::unique_ptr<watched_socket>> watched_;  // by descriptor
  bool suspended_ = false;
};

}  // namespace crossover
