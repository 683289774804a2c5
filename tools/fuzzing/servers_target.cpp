#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "tools/fuzzing/target.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/servers/echo_server.hpp"
#include "workloads/servers/http_server.hpp"

namespace crossover {
namespace {

constexpr std::size_t message_bytes = 16;
constexpr std::size_t max_received = 1 << 20;  // a valid request may ask for 1 GiB

/// Sends `input` in pieces while it receives. Returns the bytes received until the server closed
/// the connection, or `max_received` of them.
std::string conversation(const std::string& endpoint, std::string_view input, std::size_t piece) {
  const descriptor fd = connect_to(endpoint);
  std::string received;
  bool is_sending = true;
  for (;;) {
    if (is_sending && input.empty()) {
      ::shutdown(fd.get(), SHUT_WR);
      is_sending = false;
    }
    pollfd watched{fd.get(), static_cast<short>(POLLIN | (is_sending ? POLLOUT : 0)), 0};
    require(::poll(&watched, 1, 20'000) == 1, "the server continues to read or send");
    if (is_sending && (watched.revents & POLLOUT) != 0) {
      const ssize_t n = ::send(fd.get(), input.data(), std::min(piece, input.size()),
                               MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
    }
    if ((watched.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    char chunk[16384];
    const ssize_t n = ::recv(fd.get(), chunk, sizeof chunk, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return received;
    if (n > 0) received.append(chunk, static_cast<std::size_t>(n));
    if (received.size() >= max_received) return received;
  }
}

}  // namespace

/// The servers of `network` and `download`. The first byte selects the server and the size of the
/// pieces that arrive.
void fuzz_servers(std::string_view input) {
  static const auto echo = start_echo_server(message_bytes, 0, {});
  static const auto http = start_http_server(0, {});
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  const std::size_t piece = 1 + choice / 2 * 37;
  if (choice % 2 == 0) {
    const std::string received = conversation(echo->endpoint(), input, piece);
    require(input.starts_with(received), "an echo repeats its input");
  } else {
    const std::string received = conversation(http->endpoint(), input, piece);
    require(received.empty() || received.starts_with("HTTP/1.1 "), "every reply is HTTP");
  }
}

}  // namespace crossover
