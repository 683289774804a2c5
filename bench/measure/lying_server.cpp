#include "bench/measure/lying_server.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <vector>

namespace crossover {
namespace {

constexpr std::size_t message_bytes = 64, true_bytes = 4 * message_bytes;

/// Echoes what has arrived, wrongly after `true_bytes`. Returns false at the end of the connection.
bool echo_or_lie(int connection, std::size_t& echoed) {
  std::array<char, message_bytes> message;
  const ssize_t n = ::recv(connection, message.data(), message.size(), 0);
  if (n <= 0) return false;
  const auto bytes = static_cast<std::size_t>(n);
  if (echoed >= true_bytes)
    for (char& byte : message) byte = static_cast<char>(byte ^ 1);
  echoed += bytes;
  return ::send(connection, message.data(), bytes, MSG_NOSIGNAL) == n;
}

}  // namespace

lying_server::lying_server() : listener_(listen_on("127.0.0.1", 0, endpoint_)) {
  thread_ = std::jthread([this](const std::stop_token& stopping) { serve(stopping); });
}

void lying_server::serve(const std::stop_token& stopping) {
  std::vector<descriptor> connections;
  std::size_t echoed = 0;
  while (!stopping.stop_requested()) {
    std::vector<pollfd> waited = {{listener_.get(), POLLIN, 0}};
    for (const descriptor& c : connections) waited.push_back({c.get(), POLLIN, 0});
    ::poll(waited.data(), waited.size(), 20);
    for (std::size_t i = 1; i < waited.size(); ++i)
      if (waited[i].revents != 0 && !echo_or_lie(connections[i - 1].get(), echoed))
        connections[i - 1].reset();
    std::erase_if(connections, [](const descriptor& c) { return !c; });
    if (waited.front().revents != 0)
      connections.emplace_back(::accept(listener_.get(), nullptr, nullptr));
  }
}

}  // namespace crossover
