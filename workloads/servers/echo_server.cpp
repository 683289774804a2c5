#include "workloads/servers/echo_server.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "workloads/endpoint.hpp"
#include "workloads/servers/connection_loop.hpp"

namespace crossover {
namespace {

/// A connection and its buffer. Bytes before `begin` have been echoed. Whole messages up to `ready`
/// can be echoed now, those up to `scheduled` after their delay. The rest is incomplete.
struct echo_connection : connection_base {
  std::unique_ptr<char[]> buffer;  ///< not initialised: a page costs memory once it is used
  std::size_t capacity = 0;
  std::size_t begin = 0, ready = 0, scheduled = 0, end = 0;
  bool wants_write = false;
  bool peer_closed = false;  ///< the peer has stopped sending; no further event will report it
};

class echo_loop final : public connection_loop {
 public:
  echo_loop(std::uint64_t bytes, std::uint64_t delay_ns, double idle_s)
      : connection_loop(delay_ns, idle_s), bytes_(bytes) {}

 private:
  void serve(int fd, std::uint32_t events) override {
    echo_connection& c = connections_.get_or_create(fd, [this](echo_connection& created) {
      // Room for more than one message: a short read then means that no more bytes are waiting.
      created.capacity = bytes_ + std::max<std::size_t>(bytes_, 64);
      created.buffer = std::make_unique_for_overwrite<char[]>(created.capacity);
      watch_writing(created.fd.get(), false);
    });
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) c.peer_closed = true;
    if ((events & EPOLLOUT) != 0 && c.wants_write) {
      // A full buffer may have left bytes unread that no further event will report.
      if (reply(c)) receive(c);
      return;
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) receive(c);
  }

  void tick() override { connections_.close_quiet(); }

  void receive(echo_connection& c) {
    for (;;) {
      if (c.end == c.capacity) {
        if (c.begin == 0) return;  // full of unanswered messages: continue when they are echoed
        std::memmove(c.buffer.get(), c.buffer.get() + c.begin, c.end - c.begin);
        c.ready -= c.begin;
        c.scheduled -= c.begin;
        c.end -= c.begin;
        c.begin = 0;
      }
      const std::size_t room = c.capacity - c.end;
      const ssize_t n = ::recv(c.fd.get(), c.buffer.get() + c.end, room, 0);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return connections_.close(c);
      if (n < 0) return;
      c.end += static_cast<std::size_t>(n);
      for (; c.end - c.scheduled >= bytes_; c.scheduled += bytes_) {
        if (delays())
          reply_later(c.fd.get(), c.serial);
        else
          c.ready += bytes_;
      }
      if (c.ready > c.begin && !reply(c)) return;
      if (static_cast<std::size_t>(n) < room && !c.peer_closed) return;
    }
  }

  /// Sends the messages that are ready. Returns false if the connection is gone.
  bool reply(echo_connection& c) {
    while (c.begin < c.ready) {
      const ssize_t n =
          ::send(c.fd.get(), c.buffer.get() + c.begin, c.ready - c.begin, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        want_write(c, true);
        return true;
      }
      if (n < 0) {
        connections_.close(c);
        return false;
      }
      c.begin += static_cast<std::size_t>(n);
      ++c.progress;
    }
    want_write(c, false);
    if (c.begin == c.end) c.begin = c.ready = c.scheduled = c.end = 0;
    return true;
  }

  void want_write(echo_connection& c, bool wanted) {
    if (c.wants_write == wanted) return;
    c.wants_write = wanted;
    watch_writing(c.fd.get(), wanted);
  }

  void reply_now(int fd, std::uint64_t serial) override {
    echo_connection* const c = connections_.find(fd, serial);
    if (c == nullptr) return;
    const bool was_full = c->end == c->capacity;
    c->ready += bytes_;
    if (reply(*c) && was_full) receive(*c);
  }

  std::size_t bytes_;
  connection_table<echo_connection> connections_;
};

}  // namespace

std::unique_ptr<workload_server> start_echo_server(std::uint64_t bytes, std::uint64_t delay_ns,
                                                   const server_config& config) {
  return start_loops(config,
                     [=] { return std::make_unique<echo_loop>(bytes, delay_ns, config.idle_s); });
}

}  // namespace crossover
