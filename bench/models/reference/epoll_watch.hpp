#pragma once

#include <fcntl.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>

#include "workloads/base/error.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

/// An epoll instance over a shard's sockets. Events carry the socket's number (`data.u64`).
class epoll_watch {
 public:
  /// Throws `error` (resource).
  epoll_watch() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw system_failure(error_kind::resource, "cannot create an epoll", errno);
  }

  /// Makes a socket non-blocking and watches it for reading until it is closed.
  void add(int socket, std::uint64_t number) {
    ::fcntl(socket, F_SETFL, O_NONBLOCK);
    control(EPOLL_CTL_ADD, socket, EPOLLIN, number);
  }
  /// Sets whether to report room to write too.
  void want_write(int socket, std::uint64_t number, bool wanted) {
    control(EPOLL_CTL_MOD, socket, EPOLLIN | (wanted ? static_cast<std::uint32_t>(EPOLLOUT) : 0U),
            number);
  }
  /// Blocks until an event is ready or the time is over; returns the ready events. Throws `error`
  /// (unsupported) if the kernel refuses the call, as it does before 5.11.
  std::span<const epoll_event> wait(std::span<epoll_event> room, std::optional<timespec> timeout) {
    const int count = ::epoll_pwait2(epoll_.get(), room.data(), static_cast<int>(room.size()),
                                     timeout ? &*timeout : nullptr, nullptr);
    if (count < 0 && errno != EINTR)
      throw system_failure(error_kind::unsupported, "cannot wait with epoll_pwait2", errno);
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
