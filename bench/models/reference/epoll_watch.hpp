#pragma once

#include <fcntl.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstdint>
#include <span>

#include "workloads/base/error.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

/// An epoll that tells which of a shard's sockets can be read, or written where that is asked for,
/// by their number (`data.u64`).
class epoll_watch {
 public:
  /// Throws `error` (resource).
  epoll_watch() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw system_failure(error_kind::resource, "cannot create an epoll", errno);
  }

  /// Watches a socket, which no longer blocks from now on, until it is closed.
  void add(int socket, std::uint64_t number) {
    ::fcntl(socket, F_SETFL, O_NONBLOCK);
    control(EPOLL_CTL_ADD, socket, EPOLLIN, number);
  }
  /// Whether to be told that there is room to write.
  void want_write(int socket, std::uint64_t number, bool wanted) {
    control(EPOLL_CTL_MOD, socket, EPOLLIN | (wanted ? static_cast<std::uint32_t>(EPOLLOUT) : 0U),
            number);
  }
  /// Waits for events, as long as it takes. Those that came.
  std::span<const epoll_event> wait(std::span<epoll_event> room) {
    const int count = ::epoll_wait(epoll_.get(), room.data(), static_cast<int>(room.size()), -1);
    return room.first(count > 0 ? static_cast<std::size_t>(count) : 0);
  }

 private:
  void control(int what, int socket, std::uint32_t events, std::uint64_t number) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = number;
    ::epoll_ctl(epoll_.get(), what, socket, &event);
  }

  descriptor epoll_;
};

}  // namespace crossover
