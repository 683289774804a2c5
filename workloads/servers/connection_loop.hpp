#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "workloads/endpoint.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// One thread's share of a loopback server's connections: its epoll, the replies that wait for
/// their delay, and the way to end it. What is said on a connection is the derived class's.
class connection_loop {
 public:
  explicit connection_loop(std::uint64_t delay_ns);
  virtual ~connection_loop() = default;
  connection_loop(const connection_loop&) = delete;
  connection_loop& operator=(const connection_loop&) = delete;

  /// Deals new connections of this listener to the loops in turn.
  void accept_for(int listener, const std::vector<std::unique_ptr<connection_loop>>* loops);
  /// Until `stop`, which any thread may call.
  void run();
  void stop();

 protected:
  /// A connection's descriptor is ready (edge-triggered epoll events). The first call for a
  /// descriptor hands it over.
  virtual void serve(int fd, std::uint32_t events) = 0;
  /// The delay of a reply that `reply_later` was called for is over.
  virtual void reply_now(int fd, std::uint64_t serial) = 0;

  bool delays() const { return delay_.count() > 0; }
  void reply_later(int fd, std::uint64_t serial);
  /// Whether to be told that there is room to write.
  void watch_writing(int fd, bool wanted);

 private:
  using steady_clock = std::chrono::steady_clock;
  struct due_reply {
    steady_clock::time_point when;
    int fd;
    std::uint64_t serial;
  };

  void watch(int fd, std::uint32_t events);
  int wait(std::vector<epoll_event>& events);
  void accept_all();

  std::chrono::nanoseconds delay_;
  descriptor epoll_, stop_;
  int listener_ = -1;
  const std::vector<std::unique_ptr<connection_loop>>* loops_ = nullptr;
  std::size_t turn_ = 0;
  std::deque<due_reply> due_;  // in order of time, since the delay is one for all
};

/// What a loop knows of its connections, by descriptor; touched by the loop's thread alone. A
/// `Connection` has its `fd` and a `serial`, which tells it from an earlier one that had the same
/// descriptor.
template <typename Connection>
class connection_table {
 public:
  /// The connection of a descriptor; where there is none, a new one that owns it and that `begin`
  /// is shown.
  template <typename Begin>
  Connection& of(int fd, Begin begin) {
    const auto index = static_cast<std::size_t>(fd);
    if (all_.size() <= index) all_.resize(index + 1);
    auto& c = all_[index];
    if (!c) {
      c = std::make_unique<Connection>();
      c->fd.reset(fd);
      c->serial = ++serial_;
      begin(*c);
    }
    return *c;
  }
  /// The one that was there under this number; nullptr where it hung up meanwhile.
  Connection* find(int fd, std::uint64_t serial) {
    auto& c = all_[static_cast<std::size_t>(fd)];
    return c && c->serial == serial ? c.get() : nullptr;
  }
  /// Closes it.
  void drop(const Connection& c) { all_[static_cast<std::size_t>(c.fd.get())].reset(); }

 private:
  std::uint64_t serial_ = 0;
  std::vector<std::unique_ptr<Connection>> all_;
};

/// A server of such loops, one thread on each of the place's CPUs. Throws `error` (failed) when it
/// cannot listen.
std::unique_ptr<workload_server> start_loops(
    const server_config& place, const std::function<std::unique_ptr<connection_loop>()>& make_loop);

}  // namespace crossover
