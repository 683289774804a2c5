#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/reference/epoll_watch.hpp"
#include "bench/models/reference/shard.hpp"
#include "bench/models/reference/socket_lane.hpp"
#include "workloads/download.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/hashing.hpp"

namespace crossover {
namespace {

/// The part of a reply's head that is needed here. A body without Content-Length is not supported.
struct reply_head {
  int status = 0;
  std::uint64_t length = 0;
  bool has_length = false, closes = false;
};

bool is_field(std::string_view line, std::string_view name) {
  return line.size() > name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

reply_head parse_head(std::string_view head) {
  reply_head parsed;
  if (!head.starts_with("HTTP/1.") || head.size() < 12) return parsed;
  std::from_chars(head.data() + 9, head.data() + 12, parsed.status);
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n')) {
    head.remove_prefix(at + 1);
    constexpr std::string_view length = "content-length:", connection = "connection:";
    if (is_field(head, length)) {
      const std::size_t digits = head.find_first_not_of(' ', length.size());
      parsed.has_length =
          digits != std::string_view::npos &&
          std::from_chars(head.data() + digits, head.data() + head.size(), parsed.length).ec ==
              std::errc();
    } else if (is_field(head, connection)) {
      parsed.closes =
          ::strncasecmp(
              head.data() + std::min(head.find_first_not_of(' ', connection.size()), head.size()),
              "close", 5) == 0;
    }
  }
  return parsed;
}

/// One epoll loop over non-blocking sockets. All share one buffer: each piece is checked when it is
/// read and not kept. A shard with a single lane blocks in recv instead.
class download_shard final : public reference_shard {
 public:
  download_shard(const model_setup& setup, const shard_lanes& lanes)
      : reference_shard(lanes),
        request_(download_request_of(setup.workload_values, setup.endpoint)),
        buffer_(64 << 10),
        peers_(lanes.size()) {
    known_ = setup.workload_values.text("url").empty();
    if (known_) expected_ = hashing_input(setup.workload_values.number("bytes"));
    for (std::size_t j = 0; j < peers_.size(); ++j) {
      peers_[j].socket = connect_first(request_.endpoint);
      watch(j);
    }
  }

  void run_loop(tally& worker) override {
    worker_ = &worker;
    going_ = 0;
    if (peers_.size() == 1) wait_until(lanes_.next_begin_ns());
    epoll_event events[512];
    while (begin_due()) {
      if (peers_.size() == 1) {
        follow(0, receive(0));
        continue;
      }
      for (const epoll_event& event : epoll_.wait(events, lanes_.time_to_next()))
        take_event(event.data.u64, (event.events & EPOLLOUT) != 0);
    }
  }

 private:
  /// `sending`: the socket has no room for the rest of the request. `head`, `body`: the part of the
  /// reply that is due.
  enum class state { idle, sending, head, body };

  struct peer {
    descriptor socket;
    bool used = false;  ///< this connection has delivered a reply
    state now = state::idle;
    std::size_t sent = 0;
    std::string head;  ///< incomplete head
    reply_head reply;
    std::uint64_t seen = 0;            ///< body bytes
    bool comparing = false;            ///< the expected body was known when this one began
    bool wrong = false;                ///< the body differs from the expected one
    std::vector<unsigned char> first;  ///< the body, unless it is being compared
  };

  /// Begins the lanes that are due. Returns whether there are lanes to wait for.
  bool begin_due() {
    lanes_.begin_due([&](std::size_t j) {
      ++going_;
      trace_running(lanes_.number(j));
      follow(j, next_step::begin);
    });
    if (peers_.size() > 1) trace_idle();
    return going_ > 0 || !lanes_.all_begun();
  }

  void take_event(std::size_t j, bool writable) {
    trace_running(lanes_.number(j));
    if (writable && peers_[j].now == state::sending)
      send(j);
    else
      follow(j, receive(j));
  }

  /// Takes steps of lane j until it waits for an event or stops.
  void follow(std::size_t j, next_step step) {
    while (step == next_step::begin) step = begin_operation(j);
    if (step != next_step::stop) return;
    peers_[j].now = state::idle;
    --going_;
  }

  void watch(std::size_t j) {
    if (peers_.size() > 1) epoll_.add(peers_[j].socket.get(), j);
  }

  next_step begin_operation(std::size_t j) {
    peer& p = peers_[j];
    if (!p.socket) {
      if (!reconnect(p.socket, request_.endpoint, lanes_.pace(j), *worker_)) return next_step::stop;
      p.used = false;
      watch(j);
    }
    p.now = state::head;
    p.sent = 0;
    p.head.clear();
    p.first.clear();
    p.wrong = false;
    p.seen = 0;
    send(j);
    return next_step::wait;
  }

  /// Sends the rest of the request, as far as the socket has room.
  void send(std::size_t j) {
    peer& p = peers_[j];
    while (p.sent < request_.text.size()) {
      const ssize_t n = ::send(p.socket.get(), request_.text.data() + p.sent,
                               request_.text.size() - p.sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) {
        if (p.now != state::sending) epoll_.want_write(p.socket.get(), j, true);
        p.now = state::sending;
        return;
      }
      if (n < 0) break;  // connection lost: receive() will report it
      p.sent += static_cast<std::size_t>(n);
    }
    if (p.now == state::sending) epoll_.want_write(p.socket.get(), j, false);
    p.now = state::head;
  }

  next_step receive(std::size_t j) {
    peer& p = peers_[j];
    const ssize_t n = ::recv(p.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return next_step::wait;
    if (p.now == state::idle) {  // closed, or an unexpected message, after the end of a run
      p.socket.reset();
      return next_step::wait;
    }
    if (n == 0) return lose(j, operation_error("receive", "EOF"));
    if (n < 0) return lose(j, operation_error("receive", errno));
    try {
      if (!take(p, {buffer_.data(), static_cast<std::size_t>(n)})) return next_step::wait;
    } catch (const operation_error& e) {
      p.socket.reset();
      return fail(j, e);
    }
    return complete(j);
  }

  /// Takes a piece of the reply. Returns whether the reply is complete. Throws `operation_error` if
  /// it is malformed.
  bool take(peer& p, std::string_view piece) const {
    if (p.now != state::body && !take_head(p, piece)) return false;
    if (piece.size() > p.reply.length - p.seen) throw operation_error("receive", "excess");
    if (p.reply.status == 200) take_body(p, piece);
    p.seen += piece.size();
    return p.seen == p.reply.length;
  }

  /// Takes the head off `piece`. Returns false if its end has not arrived yet.
  bool take_head(peer& p, std::string_view& piece) const {
    if (p.now == state::sending) throw operation_error("receive", "early_reply");
    std::string_view head = piece;
    const std::size_t before = p.head.size();
    if (before > 0) head = p.head.append(piece);
    const std::size_t end = head.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (before == 0) p.head = piece;
      if (p.head.size() > (64 << 10)) throw operation_error("receive", "header_limit");
      return false;
    }
    p.reply = parse_head(head.substr(0, end + 2));
    if (p.reply.status == 0) throw operation_error("receive", "bad_version");
    if (!p.reply.has_length) throw operation_error("receive", "no_length");
    p.now = state::body;
    p.comparing = known_;
    piece.remove_prefix(end + 4 - before);
    return true;
  }

  void take_body(peer& p, std::string_view piece) const {
    if (!p.comparing)
      p.first.insert(p.first.end(), piece.begin(), piece.end());
    else if (p.reply.length != expected_.size() ||
             std::memcmp(expected_.data() + p.seen, piece.data(), piece.size()) != 0)
      p.wrong = true;
  }

  next_step complete(std::size_t j) {
    peer& p = peers_[j];
    p.used = true;
    if (p.reply.closes) p.socket.reset();
    if (p.reply.status != 200)
      return fail(j, operation_error("status", std::to_string(p.reply.status)));
    if (!p.comparing) {
      if (!known_) expected_ = p.first;
      known_ = true;
      p.wrong = p.first != expected_;
    }
    if (p.wrong) throw error(error_kind::failed, "a body differs from the expected one");
    return lanes_.pace(j).done(*worker_) ? next_step::begin : next_step::stop;
  }

  /// Handles a lost connection. If the server closed it while it was idle, the request is sent
  /// again on a new one.
  next_step lose(std::size_t j, const operation_error& e) {
    peer& p = peers_[j];
    const bool closed_while_idle = p.used && p.now != state::body && p.head.empty();
    p.socket.reset();
    return closed_while_idle ? next_step::begin : fail(j, e);
  }

  /// Counts the error.
  next_step fail(std::size_t j, const operation_error& e) {
    return lanes_.pace(j).failed(*worker_, e) ? next_step::begin : next_step::stop;
  }

  download_request request_;
  epoll_watch epoll_;
  std::vector<char> buffer_;
  std::vector<peer> peers_;
  std::vector<unsigned char> expected_;
  bool known_ = false;
  tally* worker_ = nullptr;
  std::size_t going_ = 0;
};

}  // namespace

std::unique_ptr<reference_shard> make_download_shard(const model_setup& setup,
                                                     const shard_lanes& lanes) {
  return std::make_unique<download_shard>(setup, lanes);
}

}  // namespace crossover
