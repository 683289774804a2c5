#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "bench/models/reference/epoll_watch.hpp"
#include "bench/models/reference/shard.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/network.hpp"

namespace crossover {
namespace {

/// One readiness loop over non-blocking sockets, with epoll(7) or poll(2). A shard with a single
/// lane blocks in recv instead, which saves a system call.
class network_shard final : public reference_shard {
 public:
  network_shard(const model_setup& setup, const std::vector<std::uint32_t>& lanes, bool polls)
      : endpoint_(setup.endpoint), bytes_(setup.workload_values.number("bytes")), polls_(polls) {
    for (const std::uint32_t number : lanes) {
      peer& p = peers_.emplace_back();
      p.lane = number;
      p.message.resize(bytes_);
      p.received.resize(bytes_);
      write_network_message(p.message, number);
      p.socket = connect_first(endpoint_);
    }
    if (peers_.size() > 1 || polls_)
      for (std::size_t j = 0; j < peers_.size(); ++j) watch(j);
  }

  void run(std::vector<lane_pace>& paces, const std::vector<char>& live, tally& mine) override {
    paces_ = &paces;
    mine_ = &mine;
    if (peers_.size() == 1 && !polls_) return run_blocking(paces.front());
    going_ = 0;
    for (std::size_t j = 0; j < peers_.size(); ++j) {
      if (!live[j]) continue;
      ++going_;
      trace_running(peers_[j].lane);
      begin_operation(j);
    }
    trace_idle();
    polls_ ? loop_by_poll() : loop_by_epoll();
  }

 private:
  void loop_by_epoll() {
    std::vector<epoll_event> events(std::min<std::size_t>(peers_.size(), 512));
    while (going_ > 0) {
      for (const epoll_event& event : epoll_.wait(events)) {
        const std::size_t j = event.data.u64;
        trace_running(peers_[j].lane);
        if ((event.events & EPOLLOUT) != 0 && peers_[j].wants_write)
          send(j);
        else
          receive(j);
      }
      trace_idle();
    }
  }

  /// poll(2) copies the whole descriptor list to the kernel and back on every call.
  void loop_by_poll() {
    std::vector<pollfd> watched(peers_.size());
    while (going_ > 0) {
      for (std::size_t j = 0; j < peers_.size(); ++j)
        watched[j] = {peers_[j].socket.get(),
                      static_cast<short>(POLLIN | (peers_[j].wants_write ? POLLOUT : 0)), 0};
      int ready = ::poll(watched.data(), watched.size(), -1);
      for (std::size_t j = 0; j < watched.size() && ready > 0; ++j) {
        if (watched[j].revents == 0) continue;
        --ready;
        trace_running(peers_[j].lane);
        if ((watched[j].revents & POLLOUT) != 0 && peers_[j].wants_write)
          send(j);
        else
          receive(j);
      }
      trace_idle();
    }
  }

  struct peer {
    std::uint32_t lane = 0;
    descriptor socket;
    std::vector<unsigned char> message, received;
    std::uint64_t turn = 0;
    std::size_t sent = 0, got = 0;
    bool wants_write = false;
  };

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

  void begin_operation(std::size_t j) {
    peer& p = peers_[j];
    write_network_turn(p.message, ++p.turn);
    p.sent = p.got = 0;
    send(j);
  }

  void send(std::size_t j) {
    peer& p = peers_[j];
    while (p.sent < bytes_) {
      const ssize_t n =
          ::send(p.socket.get(), p.message.data() + p.sent, bytes_ - p.sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) return want_write(j, true);
      if (n < 0) return fail(j, operation_error("send", errno));
      p.sent += static_cast<std::size_t>(n);
    }
    want_write(j, false);
  }

  void receive(std::size_t j) {
    peer& p = peers_[j];
    const ssize_t n = ::recv(p.socket.get(), p.received.data() + p.got, bytes_ - p.got, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n == 0) return fail(j, operation_error("receive", "EOF"));
    if (n < 0) return fail(j, operation_error("receive", errno));
    p.got += static_cast<std::size_t>(n);
    if (p.got < bytes_) return;
    check(p);
    if ((*paces_)[j].done(*mine_))
      begin_operation(j);
    else
      --going_;
  }

  static void check(const peer& p) {
    if (p.received != p.message)
      throw error(error_kind::failed, "an echo differs from what was sent");
  }

  /// Counts the error and starts the next operation on a new connection, unless the run is over.
  void fail(std::size_t j, const operation_error& what) {
    operation_error trouble = what;
    while ((*paces_)[j].failed(*mine_, trouble)) {
      try {
        peers_[j].socket = connect_to(endpoint_);
        watch(j);
        return begin_operation(j);
      } catch (const operation_error& again) {
        trouble = again;
      }
    }
    peers_[j].socket.reset();
    --going_;
  }

  void run_blocking(lane_pace& pace) {
    peer& p = peers_.front();
    trace_running(p.lane);
    for (bool more = true; more;) {
      try {
        if (!p.socket) p.socket = connect_to(endpoint_);
        do {
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
        } while ((more = pace.done(*mine_)));
      } catch (const operation_error& trouble) {
        p.socket.reset();
        more = pace.failed(*mine_, trouble);
      }
    }
    trace_idle();
  }

  std::string endpoint_;
  std::size_t bytes_;
  bool polls_;
  epoll_watch epoll_;
  std::vector<peer> peers_;
  std::vector<lane_pace>* paces_ = nullptr;
  tally* mine_ = nullptr;
  std::size_t going_ = 0;
};

}  // namespace

std::unique_ptr<reference_shard> make_network_shard(const model_setup& setup,
                                                    const std::vector<std::uint32_t>& lanes) {
  const std::string& backend = setup.model_values.text("backend");
  if (backend == "blocking") return make_blocking_shard(setup, lanes);
  if (backend == "io_uring") return make_network_uring_shard(setup, lanes);
  return std::make_unique<network_shard>(setup, lanes, backend == "poll");
}

}  // namespace crossover
