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

/// Event loop (epoll) for one thread's share of a loopback server's connections, with delayed
/// replies. Derived classes implement the protocol. One timer per loop closes silent and slow
/// connections, so that a message costs no clock reading.
class connection_loop {
 public:
  /// `idle_s`: a connection is closed after this time, or up to a quarter more, without progress.
  connection_loop(std::uint64_t delay_ns, double idle_s);
  virtual ~connection_loop() = default;
  connection_loop(const connection_loop&) = delete;
  connection_loop& operator=(const connection_loop&) = delete;

  /// Accepts this listener's connections and distributes them to the loops in turn.
  void accept_for(int listener, const std::vector<std::unique_ptr<connection_loop>>* loops);
  /// Runs until `stop`, which any thread may call.
  void run();
  void stop();

 protected:
  /// Handles edge-triggered epoll events of a connection. The first call for a descriptor transfers
  /// its ownership; it follows at once, because a new connection can be written to.
  virtual void serve(int fd, std::uint32_t events) = 0;
  /// Closes the connections without progress in the last `quiet_ticks` calls. Called by the timer.
  virtual void tick() = 0;
  /// Sends a reply whose delay, started by `reply_later`, is over.
  virtual void reply_now(int fd, std::uint64_t serial) = 0;

  bool delays() const { return delay_.count() > 0; }
  void reply_later(int fd, std::uint64_t serial);
  /// Enables or disables EPOLLOUT events for a connection.
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
  bool refuse_one();

  std::chrono::nanoseconds delay_;
  descriptor epoll_, stop_, timer_;
  descriptor spare_;  ///< closed to refuse a connection if there is no other descriptor
  int listener_ = -1;
  const std::vector<std::unique_ptr<connection_loop>>* loops_ = nullptr;
  std::size_t turn_ = 0;
  std::deque<due_reply> due_;  // in order of time, because all delays are equal
};

/// A connection without progress is closed after this number of ticks of its loop's timer.
constexpr unsigned quiet_ticks = 4;

/// Part of a connection that `connection_table` uses.
struct connection_base {
  descriptor fd;
  std::uint64_t serial = 0;     ///< distinguishes it from an earlier one with the same descriptor
  std::uint32_t progress = 0;   ///< counts the sends that a complete request made possible
  std::uint32_t last_tick = 0;  ///< `progress` at the last tick
  unsigned quiet = 0;           ///< ticks since the last progress
};

/// A loop's connections by descriptor; used only by the loop's thread. A `Connection` is derived
/// from `connection_base`.
template <typename Connection>
class connection_table {
 public:
  /// Returns the connection of a descriptor. If there is none, creates one that owns the descriptor
  /// and passes it to `initialize`.
  template <typename Initialize>
  Connection& get_or_create(int fd, Initialize initialize) {
    const auto index = static_cast<std::size_t>(fd);
    if (all_.size() <= index) all_.resize(index + 1);
    auto& connection = all_[index];
    if (!connection) {
      connection = std::make_unique<Connection>();
      connection->fd.reset(fd);
      connection->serial = ++serial_;
      initialize(*connection);
    }
    return *connection;
  }
  /// Returns the connection with this serial, or nullptr if it has been closed.
  Connection* find(int fd, std::uint64_t serial) {
    auto& connection = all_[static_cast<std::size_t>(fd)];
    return connection && connection->serial == serial ? connection.get() : nullptr;
  }
  void close(const Connection& connection) {
    all_[static_cast<std::size_t>(connection.fd.get())].reset();
  }
  /// Implements `connection_loop::tick`.
  void close_quiet() {
    for (auto& connection : all_) {
      if (!connection) continue;
      const std::uint32_t progress = connection->progress;
      connection->quiet = progress == connection->last_tick ? connection->quiet + 1 : 0;
      connection->last_tick = progress;
      if (connection->quiet > quiet_ticks) connection.reset();
    }
  }

 private:
  std::uint64_t serial_ = 0;
  std::vector<std::unique_ptr<Connection>> all_;
};

/// Starts a server with one loop and thread on each configured CPU. Throws `error` (failed) if it
/// cannot listen.
std::unique_ptr<workload_server> start_loops(
    const server_config& config,
    const std::function<std::unique_ptr<connection_loop>()>& make_loop);

}  // namespace crossover
