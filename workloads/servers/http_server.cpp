#include "workloads/servers/http_server.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "workloads/base/quantities.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/hashing.hpp"
#include "workloads/servers/connection_loop.hpp"

namespace crossover {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using text = boost::beast::string_view;

constexpr std::size_t input_bytes = 8 << 10;
constexpr std::uint32_t max_header_bytes = 8 << 10;
constexpr std::size_t max_input_bytes = 16 << 10;  // Beast does not limit a chunk's extensions
constexpr std::uint64_t max_request_body_bytes = 1 << 20;
constexpr std::uint64_t max_body_bytes = 1ULL << 30;
constexpr std::size_t pattern_bytes = 64 << 10;  // period of a body's bytes

const std::vector<unsigned char>& pattern() {
  static const std::vector<unsigned char> bytes = hashing_input(pattern_bytes);
  return bytes;
}

/// Request parser on Boost.Beast. It keeps only what the reply depends on.
class request_parser final : public http::basic_parser<true> {
 public:
  request_parser() {
    eager(true);
    header_limit(max_header_bytes);
    body_limit(max_request_body_bytes);
  }
  http::verb method = http::verb::unknown;
  std::string target;
  int version = 11;

 private:
  void on_request_impl(http::verb verb, text, text requested_target, int number,
                       error_code&) override {
    method = verb;
    version = number;
    target.assign(requested_target.data(), requested_target.size());
  }
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(http::field, text, text, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text piece, error_code&) override { return piece.size(); }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text piece, error_code&) override {
    return piece.size();
  }
  void on_finish_impl(error_code&) override {}
};

/// Reply to a request: a status with a short text, or with `body_bytes` bytes of the test pattern.
struct http_reply {
  std::string_view status;
  std::string_view body_text;
  std::optional<std::uint64_t> body_bytes;
};

http_reply reply_to(const request_parser& request) {
  if (request.method != http::verb::get)
    return {"405 Method Not Allowed", "only GET is supported\n", {}};
  constexpr std::string_view sized = "/body?bytes=";
  if (request.target.starts_with(sized)) {
    const auto bytes = parse_count(std::string_view(request.target).substr(sized.size()));
    if (bytes && *bytes <= max_body_bytes) return {"200 OK", {}, bytes};
    return {"400 Bad Request", "expected /body?bytes=N, N up to 1073741824\n", {}};
  }
  if (request.target == "/")
    return {"200 OK", "crossover server for download: request /body?bytes=N\n", {}};
  return {"404 Not Found", "request /body?bytes=N\n", {}};
}

/// Handles one request at a time. Further input waits in the buffer or in the kernel.
struct http_connection : connection_base {
  enum class state { reading, waiting, sending, closing };
  state now = state::reading;
  bool unread = false;       ///< there may be input that no further event will report
  bool peer_closed = false;  ///< the peer has stopped sending; no further event will report it
  bool close_after = false;
  boost::beast::flat_buffer input;
  std::optional<request_parser> request;
  std::string head;
  std::uint64_t body_bytes = 0;
  std::uint64_t sent = 0;  ///< bytes of head and body
};

class http_loop final : public connection_loop {
 public:
  http_loop(std::uint64_t delay_ns, double idle_s) : connection_loop(delay_ns, idle_s) {}

 private:
  using state = http_connection::state;

  void serve(int fd, std::uint32_t events) override {
    http_connection& c = connections_.get_or_create(fd, [this](http_connection& created) {
      created.input.reserve(input_bytes);
      watch_writing(created.fd.get(), false);
    });
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) c.unread = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) c.peer_closed = true;
    if (c.now == state::sending && (events & EPOLLOUT) != 0) {
      watch_writing(fd, false);
      if (send(c)) handle_input(c);
    } else if (c.now == state::reading || c.now == state::closing) {
      handle_input(c);
    }
  }

  void reply_now(int fd, std::uint64_t serial) override {
    http_connection* const c = connections_.find(fd, serial);
    if (c == nullptr) return;
    c->now = state::sending;
    if (send(*c)) handle_input(*c);
  }

  void tick() override { connections_.close_quiet(); }

  bool drop(http_connection& c) {
    connections_.close(c);
    return false;
  }

  /// Reads all available requests and replies to them. Returns false if the connection is gone.
  bool handle_input(http_connection& c) {
    for (;;) {
      while (c.now == state::reading && c.input.size() > 0) {
        if (!parse(c)) break;
        if (!begin_reply(c)) return false;
      }
      if (c.now == state::closing) c.input.clear();
      if ((c.now != state::reading && c.now != state::closing) || !c.unread) return true;
      const auto room =
          c.input.prepare(std::max(c.input.capacity() - c.input.size(), input_bytes / 2));
      const ssize_t n = ::recv(c.fd.get(), room.data(), room.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n == 0 || (n < 0 && errno != EAGAIN)) return drop(c);
      c.unread = n == static_cast<ssize_t>(room.size()) || (n > 0 && c.peer_closed);
      if (n > 0) c.input.commit(static_cast<std::size_t>(n));
    }
  }

  /// Parses input. Returns true, with the reply's head prepared, if a request is complete or
  /// malformed.
  static bool parse(http_connection& c) {
    if (!c.request) c.request.emplace();
    error_code failure;
    c.input.consume(c.request->put(c.input.data(), failure));
    if (failure == http::error::need_more && c.input.size() >= max_input_bytes)
      failure = http::error::buffer_overflow;
    if (failure == http::error::need_more || (!failure && !c.request->is_done())) return false;
    const http_reply reply = failure ? http_reply{"400 Bad Request", "malformed HTTP request\n", {}}
                                     : reply_to(*c.request);
    c.close_after = failure || !c.request->keep_alive();
    c.body_bytes = reply.body_bytes.value_or(0);
    c.head.clear();
    fmt::format_to(
        std::back_inserter(c.head),
        "HTTP/1.1 {}\r\nServer: crossover\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}",
        reply.status, reply.body_bytes ? "application/octet-stream" : "text/plain",
        reply.body_bytes.value_or(reply.body_text.size()),
        c.close_after             ? "Connection: close\r\n"
        : c.request->version < 11 ? "Connection: keep-alive\r\n"
                                  : "",
        reply.body_text);
    c.request.reset();
    c.sent = 0;
    return true;
  }

  bool begin_reply(http_connection& c) {
    if (delays() && c.body_bytes > 0) {
      c.now = state::waiting;
      reply_later(c.fd.get(), c.serial);
      return true;
    }
    c.now = state::sending;
    return send(c);
  }

  /// Sends as much as the socket accepts. Returns false if the connection is gone.
  bool send(http_connection& c) {
    const std::uint64_t total = c.head.size() + c.body_bytes;
    while (c.sent < total) {
      std::array<iovec, 16> pieces;
      msghdr message{};
      message.msg_iov = pieces.data();
      std::uint64_t at = c.sent;
      if (at < c.head.size()) {
        pieces[message.msg_iovlen++] = {c.head.data() + at, c.head.size() - at};
        at = c.head.size();
      }
      while (at < total && message.msg_iovlen < pieces.size()) {
        const std::uint64_t within = (at - c.head.size()) % pattern_bytes;
        const std::uint64_t length = std::min(total - at, pattern_bytes - within);
        pieces[message.msg_iovlen++] = {const_cast<unsigned char*>(pattern().data()) + within,
                                        length};
        at += length;
      }
      const ssize_t n = ::sendmsg(c.fd.get(), &message, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        watch_writing(c.fd.get(), true);
        return true;
      }
      if (n < 0) return drop(c);
      c.sent += static_cast<std::uint64_t>(n);
      ++c.progress;
    }
    c.now = state::reading;
    if (c.close_after) {
      // Close only after the peer has closed: closing with unread input would reset the connection
      // and could lose the reply.
      ::shutdown(c.fd.get(), SHUT_WR);
      c.now = state::closing;
    }
    return true;
  }

  connection_table<http_connection> connections_;
};

}  // namespace

std::unique_ptr<workload_server> start_http_server(std::uint64_t delay_ns,
                                                   const server_config& config) {
  return start_loops(config, [=] { return std::make_unique<http_loop>(delay_ns, config.idle_s); });
}

}  // namespace crossover
