#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include "bench/models/reference/epoll_watch.hpp"
#include "bench/models/reference/shard.hpp"
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
  download_shard(const model_setup& setup, const std::vector<std::uint32_t>& lanes)
      : request_(download_request_of(setup.workload_values, setup.endpoint)),
        buffer_(64 << 10),
        peers_(lanes.size()) {
    known_ = setup.workload_values.text("url").empty();
    if (known_) expected_ = hashing_input(setup.workload_values.number("bytes"));
    for (std::size_t j = 0; j < peers_.size(); ++j) {
      peers_[j].lane = lanes[j];
      peers_[j].socket = connect_first(request_.endpoint);
      watch(j);
    }
  }

  void run(std::vector<lane_pace>& paces, const std::vector<char>& live, tally& mine) override {
    paces_ = &paces;
    mine_ = &mine;
    going_ = 0;
    for (std::size_t j = 0; j < peers_.size(); ++j) {
      if (!live[j]) continue;
      ++going_;
      trace_running(peers_[j].lane);
      begin_operation(j);
    }
    while (going_ > 0 && peers_.size() == 1) receive(0);
    trace_idle();
    epoll_event events[512];
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

 private:
  struct peer {
    std::uint32_t lane = 0;
    descriptor socket;
    bool wants_write = false;
    bool used = false;   ///< this connection has delivered a reply
    bool going = false;  ///< an operation is in progress
    std::size_t sent = 0;
    std::string head;  ///< incomplete head
    bool in_body = false, any = false, wrong = false, comparing = false;
    reply_head reply;
    std::uint64_t seen = 0;            ///< body bytes
    std::vector<unsigned char> first;  ///< the body, if none was known when it began
  };

  void watch(std::size_t j) {
    if (peers_.size() == 1) return;
    epoll_.add(peers_[j].socket.get(), j);
    peers_[j].wants_write = false;
  }

  void want_write(std::size_t j, bool wanted) {
    if (peers_[j].wants_write == wanted) return;
    peers_[j].wants_write = wanted;
    epoll_.want_write(peers_[j].socket.get(), j, wanted);
  }

  void begin_operation(std::size_t j) {
    peer& p = peers_[j];
    while (!p.socket) {
      try {
        p.socket = connect_to(request_.endpoint);
        p.used = false;
        watch(j);
      } catch (const operation_error& trouble) {
        if ((*paces_)[j].failed(*mine_, trouble)) continue;
        --going_;
        return;
      }
    }
    p.going = true;
    p.sent = 0;
    p.head.clear();
    p.first.clear();
    p.in_body = p.any = p.wrong = false;
    p.seen = 0;
    send(j);
  }

  void send(std::size_t j) {
    peer& p = peers_[j];
    while (p.sent < request_.text.size()) {
      const ssize_t n = ::send(p.socket.get(), request_.text.data() + p.sent,
                               request_.text.size() - p.sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) return want_write(j, true);
      if (n < 0) return want_write(j, false);  // connection lost: receive() will report it
      p.sent += static_cast<std::size_t>(n);
    }
    want_write(j, false);
  }

  void receive(std::size_t j) {
    peer& p = peers_[j];
    const ssize_t n = ::recv(p.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (!p.going)
      return p.socket
          .reset();  // closed, or an unexpected message, after the last operation of a run
    if (n == 0) return lose(j, operation_error("receive", "EOF"));
    if (n < 0) return lose(j, operation_error("receive", errno));
    p.any = true;
    take(j, {buffer_.data(), static_cast<std::size_t>(n)});
  }

  void take(std::size_t j, std::string_view piece) {
    peer& p = peers_[j];
    if (!p.in_body) {
      std::string_view head = piece;
      const std::size_t before = p.head.size();
      if (before > 0) head = p.head.append(piece);
      const std::size_t end = head.find("\r\n\r\n");
      if (end == std::string_view::npos) {
        if (before == 0) p.head = piece;
        return p.head.size() > (64 << 10) ? lose(j, operation_error("receive", "header_limit"))
                                          : void();
      }
      p.reply = parse_head(head.substr(0, end + 2));
      if (p.reply.status == 0 || !p.reply.has_length)
        return lose(j,
                    operation_error("receive", p.reply.status == 0 ? "bad_version" : "no_length"));
      p.in_body = true;
      p.comparing = known_;
      piece.remove_prefix(end + 4 - before);
    }
    if (piece.size() > p.reply.length - p.seen)
      return lose(j, operation_error("receive", "excess"));
    if (p.reply.status == 200) {
      if (!p.comparing)
        p.first.insert(p.first.end(), piece.begin(), piece.end());
      else if (p.reply.length != expected_.size() ||
               std::memcmp(expected_.data() + p.seen, piece.data(), piece.size()) != 0)
        p.wrong = true;
    }
    p.seen += piece.size();
    if (p.seen == p.reply.length) complete(j);
  }

  void complete(std::size_t j) {
    peer& p = peers_[j];
    p.used = true;
    p.going = false;
    if (p.reply.closes) p.socket.reset();
    if (p.reply.status != 200)
      return fail(j, operation_error("status", std::to_string(p.reply.status)));
    if (!p.comparing) {
      if (!known_) expected_ = p.first;
      known_ = true;
      p.wrong = p.first != expected_;
    }
    if (p.wrong) throw error(error_kind::failed, "a body differs from the expected one");
    if ((*paces_)[j].done(*mine_))
      begin_operation(j);
    else
      --going_;
  }

  /// The connection is gone. If it was closed while idle, the request is sent again on a new one.
  void lose(std::size_t j, const operation_error& what) {
    peer& p = peers_[j];
    const bool closed_while_idle = p.used && !p.any;
    p.socket.reset();
    p.going = false;
    if (closed_while_idle) return begin_operation(j);
    fail(j, what);
  }

  /// Counts the error and starts the next operation, unless the run is over.
  void fail(std::size_t j, const operation_error& what) {
    if ((*paces_)[j].failed(*mine_, what))
      begin_operation(j);
    else
      --going_;
  }

  download_request request_;
  epoll_watch epoll_;
  std::vector<char> buffer_;
  std::vector<peer> peers_;
  std::vector<unsigned char> expected_;
  bool known_ = false;
  std::vector<lane_pace>* paces_ = nullptr;
  tally* mine_ = nullptr;
  std::size_t going_ = 0;
};

}  // namespace

std::unique_ptr<reference_shard> make_download_shard(const model_setup& setup,
                                                     const std::vector<std::uint32_t>& lanes) {
  return std::make_unique<download_shard>(setup, lanes);
}

}  // namespace crossover
