#include "bench/models/fiber_waiter.hpp"

#include <sys/socket.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>

#include "workloads/async_form.hpp"
#include "workloads/trace_points.hpp"

namespace crossover {

namespace asio = boost::asio;

void counted_round_robin::awakened(boost::fibers::context* fiber) noexcept {
  if (!fiber->is_context(boost::fibers::type::dispatcher_context)) ++ready;
  round_robin::awakened(fiber);
}

boost::fibers::context* counted_round_robin::pick_next() noexcept {
  boost::fibers::context* const next = round_robin::pick_next();
  if (next != nullptr && !next->is_context(boost::fibers::type::dispatcher_context)) --ready;
  return next;
}

class fiber_waiter::watched_socket
    : public asio::basic_stream_socket<asio::generic::stream_protocol, loop_executor> {
 public:
  using basic_stream_socket::basic_stream_socket;
};

fiber_waiter::fiber_waiter(asio::io_context& loop) : loop_(loop) {}

fiber_waiter::~fiber_waiter() {
  for (std::size_t fd = 0; fd < watched_.size(); ++fd) forget(static_cast<int>(fd));
}

void fiber_waiter::sleep(std::int64_t ns) {
  using clock = std::chrono::steady_clock;
  asio::basic_waitable_timer<clock, asio::wait_traits<clock>, loop_executor> timer(
      loop_, std::chrono::nanoseconds(ns));
  suspend(
      [&](auto resume) { timer.async_wait([resume](boost::system::error_code) { resume(); }); });
}

ssize_t fiber_waiter::receive(int fd, void* into, std::size_t most, int flags) {
  boost::system::error_code failure;
  std::size_t received = 0;
  suspend([&](auto resume) {
    // A non-blocking socket ignores MSG_WAITALL: operations read until they have everything.
    socket_of(fd).async_receive(asio::buffer(into, most), flags & ~MSG_WAITALL,
                                [&, resume](boost::system::error_code code, std::size_t n) {
                                  failure = code;
                                  received = n;
                                  resume();
                                });
  });
  if (failure == asio::error::eof) return 0;
  if (failure) {
    errno = failure.value();
    return -1;
  }
  return static_cast<ssize_t>(received);
}

ssize_t fiber_waiter::send(int fd, const void* from, std::size_t size, int flags) {
  for (;;) {
    const ssize_t n = ::send(fd, from, size, flags | MSG_DONTWAIT);
    if (n >= 0 || errno != EAGAIN) return n;
    until_ready(fd, true);
  }
}

void fiber_waiter::until_ready(int fd, bool writable) {
  suspend([&](auto resume) {
    socket_of(fd).async_wait(writable ? watched_socket::wait_write : watched_socket::wait_read,
                             [resume](boost::system::error_code) { resume(); });
  });
}

void fiber_waiter::forget(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= watched_.size() || !watched_[index]) return;
  boost::system::error_code ignored;
  watched_[index]->release(ignored);  // the lane closes the descriptor
  watched_[index].reset();
}

/// Starts an asynchronous operation and suspends the fiber until the handler calls `resume`.
template <typename Start>
void fiber_waiter::suspend(Start start) {
  boost::fibers::context* const self = boost::fibers::context::active();
  suspended_ = true;
  const traced_wait waits;
  start([self] { boost::fibers::context::active()->schedule(self); });
  self->suspend();
}

fiber_waiter::watched_socket& fiber_waiter::socket_of(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (watched_.size() <= index) watched_.resize(index + 1);
  if (!watched_[index]) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length);
    watched_[index] = std::make_unique<watched_socket>(
        loop_, asio::generic::stream_protocol(name.ss_family, 0), fd);
  }
  return *watched_[index];
}

}  // namespace crossover
