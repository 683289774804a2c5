#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/reference/epoll_watch.hpp"
#include "bench/models/reference/shard.hpp"
#include "bench/models/reference/socket_lane.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/network.hpp"

namespace crossover {
namespace {

/// One readiness loop over non-blocking sockets, with epoll(7) or poll(2). A shard with a single
/// lane blocks in recv instead, which saves a system call.
class network_shard final : public reference_shard {
 public:
  network_shard(const model_setup& setup, const shard_lanes& lanes, bool polls)
      : reference_shard(lanes),
        endpoint_(setup.endpoint),
        bytes_(setup.workload_values.number("bytes")),
        polls_(polls),
        peers_(lanes.size()) {
    for (std::size_t j = 0; j < peers_.size(); ++j) {
      peer& p = peers_[j];
      p.message.resize(bytes_);
      p.received.resize(bytes_);
      write_network_message(p.message, lanes.number(j));
      p.socket = connect_first(endpoint_);
    }
    if (peers_.size() > 1 || polls_)
      for (std::size_t j = 0; j < peers_.size(); ++j) watch(j);
  }

  void run_loop(tally& worker) override {
    worker_ = &worker;
    if (peers_.size() == 1 && !polls_) return run_blocking();
    going_ = 0;
    polls_ ? loop_by_poll() : loop_by_epoll();
  }

 private:
  struct peer {
    descriptor socket;
    std::vector<unsigned char> message, received;
    std::uint64_t turn = 0;
    std::size_t sent = 0, got = 0;
    bool wants_write = false;
  };

  /// Begins the lanes that are due. Returns whether there are lanes to wait for.
  bool begin_due() {
    lanes_.begin_due([&](std::size_t j) {
      ++going_;
      trace_running(lanes_.number(j));
      follow(j, peers_[j].socket ? next_step::begin : connect(j));
    });
    trace_idle();
    return going_ > 0 || !lanes_.all_begun();
  }

  void loop_by_epoll() {
    std::vector<epoll_event> events(std::min<std::size_t>(peers_.size(), 512));
    while (begin_due())
      for (const epoll_event& event : epoll_.wait(events, lanes_.time_to_next()))
        take_event(event.data.u64, (event.events & EPOLLOUT) != 0);
  }

  /// poll(2) copies the whole descriptor list to the kernel and back on every call.
  void loop_by_poll() {
    std::vector<pollfd> watched(peers_.size());
    while (begin_due()) {
      for (std::size_t j = 0; j < peers_.size(); ++j)
        watched[j] = {peers_[j].socket.get(),
                      static_cast<short>(POLLIN | (peers_[j].wants_write ? POLLOUT : 0)), 0};
      const std::optional<timespec> timeout = lanes_.time_to_next();
      int ready = ::ppoll(watched.data(), watched.size(), timeout ? &*timeout : nullptr, nullptr);
      for (std::size_t j = 0; j < watched.size() && ready > 0; ++j) {
        if (watched[j].revents == 0) continue;
        --ready;
        take_event(j, (watched[j].revents & POLLOUT) != 0);
      }
    }
  }

  void take_event(std::size_t j, bool writable) {
    trace_running(lanes_.number(j));
    follow(j, writable && peers_[j].wants_write ? send(j) : receive(j));
  }

  /// Takes steps of lane j until it waits for an event or stops.
  void follow(std::size_t j, next_step step) {
    while (step == next_step::begin) step = begin_operation(j);
    if (step == next_step::stop) --going_;
  }

  void watch(std::size_t j) {
    peers_[j].wants_write = false;
    if (polls_)
      ::fcntl(peers_[j].socket.get(), F_SETFL, O_NONBLOCK);
    else
      epoll_.add(peers_[j].socket.get(), j);
  }

  void want_write(std::size_t j, bool wanted) {
    if (peers_[j].wants_write == wanted) return;
    peers_[j].wants_write = wanted;
    if (!polls_) epoll_.want_write(peers_[j].socket.get(), j, wanted);
  }

  next_step connect(std::size_t j) {
    if (!reconnect(peers_[j].socket, endpoint_, lanes_.pace(j), *worker_)) return next_step::stop;
    watch(j);
    return next_step::begin;
  }

  next_step begin_operation(std::size_t j) {
    peer& p = peers_[j];
    write_network_turn(p.message, ++p.turn);
    p.sent = p.got = 0;
    return send(j);
  }

  next_step send(std::size_t j) {
    peer& p = peers_[j];
    while (p.sent < bytes_) {
      const ssize_t n =
          ::send(p.socket.get(), p.message.data() + p.sent, bytes_ - p.sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) {
        want_write(j, true);
        return next_step::wait;
      }
      if (n < 0) return fail(j, operation_error("send", errno));
      p.sent += static_cast<std::size_t>(n);
    }
    want_write(j, false);
    return next_step::wait;
  }

  next_step receive(std::size_t j) {
    peer& p = peers_[j];
    const ssize_t n = ::recv(p.socket.get(), p.received.data() + p.got, bytes_ - p.got, 0);
    if (n < 0 && errno == EAGAIN) return next_step::wait;
    if (n == 0) return fail(j, operation_error("receive", "EOF"));
    if (n < 0) return fail(j, operation_error("receive", errno));
    p.got += static_cast<std::size_t>(n);
    if (p.got < bytes_) return next_step::wait;
    check(p);
    return lanes_.pace(j).done(*worker_) ? next_step::begin : next_step::stop;
  }

  static void check(const peer& p) {
    if (p.received != p.message)
      throw error(error_kind::failed, "an echo differs from what was sent");
  }

  /// Counts the error and connects again, unless the run is over.
  next_step fail(std::size_t j, const operation_error& e) {
    peers_[j].socket.reset();
    return lanes_.pace(j).failed(*worker_, e) ? connect(j) : next_step::stop;
  }

  void run_blocking() {
    peer& p = peers_.front();
    lane_pace& pace = lanes_.pace(0);
    trace_running(lanes_.number(0));
    bool more = false;
    wait_until(lanes_.next_begin_ns());
    lanes_.begin_due([&](std::size_t) { more = true; });
    more = more && (p.socket || reconnect(p.socket, endpoint_, pace, *worker_));
    while (more) {
      try {
        do exchange(p);
        while ((more = pace.done(*worker_)));
      } catch (const operation_error& e) {
        p.socket.reset();
        more = pace.failed(*worker_, e) && reconnect(p.socket, endpoint_, pace, *worker_);
      }
    }
  }

  void exchange(peer& p) const {
    write_network_turn(p.message, ++p.turn);
    for (p.sent = 0; p.sent < bytes_;) {
      const ssize_t n =
          ::send(p.socket.get(), p.message.data() + p.sent, bytes_ - p.sent, MSG_NOSIGNAL);
      if (n < 0) throw operation_error("send", errno);
      p.sent += static_cast<std::size_t>(n);
    }
    for (p.got = 0; p.got < bytes_;) {
      const ssize_t n = ::recv(p.socket.get(), p.received.data() + p.got, bytes_ - p.got, 0);
      if (n == 0) throw operation_error("receive", "EOF");
      if (n < 0) throw operation_error("receive", errno);
      p.got += static_cast<std::size_t>(n);
    }
    check(p);
  }

  std::string endpoint_;
  std::size_t bytes_;
  bool polls_;
  epoll_watch epoll_;
  std::vector<peer> peers_;
  tally* worker_ = nullptr;
  std::size_t going_ = 0;
};

}  // namespace

std::unique_ptr<reference_shard> make_network_shard(const model_setup& setup,
                                                    const shard_lanes& lanes) {
  const std::string& backend = setup.model_values.text("backend");
  if (backend == "io_uring") return make_network_uring_shard(setup, lanes);
  return std::make_unique<network_shard>(setup, lanes, backend == "poll");
}

}  // namespace crossover
