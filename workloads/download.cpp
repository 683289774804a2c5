#include "workloads/download.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>
#include <sstream>

#include "workloads/async_form.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/hashing.hpp"
#include "workloads/http_reply.hpp"
#include "workloads/http_url.hpp"
#include "workloads/servers/http_server.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using loop_socket = asio::basic_stream_socket<tcp, loop_executor>;
using boost::system::error_code;

constexpr std::array download_parameters = {
    parameter{"bytes", parameter_kind::size, "16KiB", 0, 1ULL << 30, {}, "body size"},
    parameter{"delay",
              parameter_kind::duration,
              "0",
              0,
              60'000'000'000,
              {},
              "server delay before each reply"},
    parameter{"url",
              parameter_kind::text,
              "",
              0,
              0,
              {},
              "download http://HOST:PORT/PATH instead of using the built-in server"},
};

struct blocking_http_lane final : lane {
  explicit blocking_http_lane(reference_body& reference) : reply(reference) {}
  descriptor socket;  // empty after an error or a close: the next operation reconnects
  reply_reader reply;
};

struct http_loop_lane final : lane {
  http_loop_lane(asio::io_context& loop, reference_body& reference)
      : socket(loop), reply(reference) {}
  loop_socket socket;
  tcp::endpoint server;  // resolved once: name resolution would block the loop
  reply_reader reply;
};

class download final : public workload, public async_form {
 public:
  download(const parameter_values& values, const std::string& endpoint)
      : values_(values),
        request_(download_request_of(values, endpoint)),
        uses_url_(!values.text("url").empty()) {
    if (!uses_url_) reference_.matches(hashing_input(values.number("bytes")));
  }

  std::unique_ptr<lane> open_lane(std::uint32_t) override {
    auto opened = std::make_unique<blocking_http_lane>(reference_);
    opened->socket = connect_first(request_.endpoint);
    return opened;
  }

  void run_blocking(lane& base) override {
    auto& lane = static_cast<blocking_http_lane&>(base);
    for (bool reused = static_cast<bool>(lane.socket);; reused = false) {
      if (!lane.socket) lane.socket = connect_to(request_.endpoint);
      lane.reply.begin();
      try {
        send_request(lane);
        receive_reply(lane);
        break;
      } catch (const operation_error&) {
        lane.socket.reset();
        if (!closed_while_idle(reused, lane.reply)) throw;
      }
    }
    if (!lane.reply.keep_alive()) lane.socket.reset();
    lane.reply.check();
  }

  async_form* async() override { return this; }

  std::unique_ptr<lane> open_async_lane(asio::io_context& loop, std::uint32_t) override {
    auto opened = std::make_unique<http_loop_lane>(loop, reference_);
    descriptor fd = connect_first(request_.endpoint);
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length);
    opened->socket.assign(name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), fd.release());
    opened->socket.non_blocking(true);
    opened->server = opened->socket.remote_endpoint();
    return opened;
  }

  awaitable_operation run_async(lane& base) override {
    auto& lane = static_cast<http_loop_lane&>(base);
    for (bool reused = lane.socket.is_open();; reused = false) {
      if (!lane.socket.is_open()) co_await connect(lane);
      lane.reply.begin();
      try {
        error_code failure;
        for (std::size_t done = 0; done < request_.text.size();) {
          // The socket's buffer usually has room, so try first and wait only if it is full.
          done += lane.socket.write_some(
              asio::buffer(request_.text.data() + done, request_.text.size() - done), failure);
          if (failure == asio::error::would_block)
            co_await lane.socket.async_wait(loop_socket::wait_write, awaited(failure));
          if (failure) throw operation_error("send", failure.value());
        }
        for (bool complete = false; !complete;) {
          const std::size_t n =
              co_await lane.socket.async_read_some(lane.reply.receive_buffer(), awaited(failure));
          if (failure && failure != asio::error::eof)
            throw operation_error("receive", failure.value());
          complete = failure ? lane.reply.handle_close() : lane.reply.parse_received(n);
        }
        break;
      } catch (const operation_error&) {
        close(lane);
        if (!closed_while_idle(reused, lane.reply)) throw;
      }
    }
    if (!lane.reply.keep_alive()) close(lane);
    lane.reply.check();
  }

  /// Returns the SHA-256 of the body, or "" if the URL cannot be downloaded now; the operations
  /// will report why.
  std::string checksum() const override {
    const reference_body* body = &reference_;
    std::unique_ptr<download> probe;
    if (uses_url_) {
      probe = std::make_unique<download>(values_, std::string());
      const auto probe_lane = probe->open_lane(0);
      try {
        probe->run_blocking(*probe_lane);
      } catch (const operation_error&) {
        return {};
      }
      body = &probe->reference_;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    std::size_t length = 0;
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, body->get()->data(), body->get()->size(),
                     digest.data(), &length) != 1)
      throw error(error_kind::failed, "OpenSSL cannot compute a SHA-256 digest");
    std::string hex;
    for (std::size_t i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
  }

 private:
  /// Returns true if the server closed an idle connection just before the request. HTTP clients
  /// then repeat the request (RFC 9112, section 9.3.1); it is not an error.
  static bool closed_while_idle(bool reused, const reply_reader& reply) {
    return reused && reply.is_empty();
  }

  void send_request(blocking_http_lane& lane) const {
    for (std::size_t done = 0; done < request_.text.size();) {
      const ssize_t n = wait_send(lane.socket.get(), request_.text.data() + done,
                                  request_.text.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw operation_error("send", errno);
      done += static_cast<std::size_t>(n);
    }
  }

  static void receive_reply(blocking_http_lane& lane) {
    for (bool complete = false; !complete;) {
      const auto room = lane.reply.receive_buffer();
      const ssize_t n = wait_receive(lane.socket.get(), room.data(), room.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw operation_error("receive", errno);
      complete = n == 0 ? lane.reply.handle_close()
                        : lane.reply.parse_received(static_cast<std::size_t>(n));
    }
  }

  static void close(http_loop_lane& lane) {
    error_code ignored;
    lane.socket.close(ignored);
  }

  static awaitable_operation connect(http_loop_lane& lane) {
    error_code failure;
    lane.socket.open(lane.server.protocol(), failure);
    if (failure) throw operation_error("socket", failure.value());
    co_await lane.socket.async_connect(lane.server, awaited(failure));
    if (failure) {
      close(lane);
      throw operation_error("connect", failure.value());
    }
    lane.socket.set_option(tcp::no_delay(true), failure);
    lane.socket.non_blocking(true);
  }

  parameter_values values_;
  download_request request_;
  bool uses_url_;
  reference_body reference_;
};

}  // namespace

download_request download_request_of(const parameter_values& values, const std::string& endpoint) {
  http_url url{endpoint, endpoint, fmt::format("/body?bytes={}", values.number("bytes"))};
  if (!values.text("url").empty()) {
    url = parse_http_url(values.text("url"));
    for (const char* name : {"bytes", "delay"})
      if (values.text(name) != parameter_values("download", download_parameters, {}).text(name))
        throw error(
            error_kind::invalid,
            fmt::format("download: {} applies only to the built-in server, not with url", name));
  }
  http::request<http::empty_body> request(http::verb::get, url.target, 11);
  request.set(http::field::host, url.authority);
  request.set(http::field::user_agent, "crossover");
  request.set(http::field::accept, "*/*");
  std::ostringstream text;
  text << request;
  return {url.endpoint, text.str()};
}

extern const workload_type download_workload;
constinit const workload_type download_workload = {
    .name = "download",
    .summary = "GET over HTTP/1.1, keep-alive (Boost.Beast)",
    .parameters = download_parameters,
    .make = [](const parameter_values& values, const std::string& endpoint)
        -> std::unique_ptr<workload> { return std::make_unique<download>(values, endpoint); },
    .min_operation_s =
        [](const parameter_values& values) {
          return static_cast<double>(values.number("delay")) * 1e-9;
        },
    .start_server = [](const parameter_values& values,
                       const server_config& config) -> std::unique_ptr<workload_server> {
      return start_http_server(values.number("delay"), config);
    },
    .descriptors_per_lane = 1,
    .target =
        [](const parameter_values& values) {
          return values.text("url").empty() ? target_kind::server : target_kind::none;
        },
    .unsupported_reason =
        [](const workload_request& request) {
          download_request_of(*request.values, "localhost:80");
          return std::string();
        },
    .uses = [](const parameter_values& values,
               std::string_view name) { return values.text("url").empty() || name == "url"; },
};

}  // namespace crossover
