#include "workloads/servers/echo_server.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <filesystem>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "workloads/endpoint.hpp"

namespace crossover {
namespace {

using namespace std::chrono_literals;
using steady_clock = std::chrono::steady_clock;

std::string message_of(std::size_t bytes, int seed) {
  std::string message(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i)
    message[i] = static_cast<char>(static_cast<std::size_t>(seed) * 17 + i * 31);
  return message;
}

void send_all(const descriptor& to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL);
    ASSERT_GT(n, 0);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string receive(const descriptor& from, std::size_t bytes) {
  std::string text(bytes, '\0');
  const ssize_t n = ::recv(from.get(), text.data(), bytes, MSG_WAITALL);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

/// Returns whether nothing arrives during this time.
bool stays_silent(const descriptor& from, std::chrono::milliseconds duration) {
  pollfd watched{from.get(), POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(duration.count())) == 0;
}

TEST(echo_server, does_not_echo_a_partial_message) {
  const auto server = start_echo_server(64, 0, {});
  const descriptor client = connect_to(server->endpoint());
  const std::string message = message_of(64, 1);
  send_all(client, message.substr(0, 63));
  EXPECT_TRUE(stays_silent(client, 30ms));
  send_all(client, message.substr(63));
  EXPECT_EQ(receive(client, 64), message);
}

TEST(echo_server, accepts_a_message_byte_by_byte) {
  const auto server = start_echo_server(10, 0, {});
  const descriptor client = connect_to(server->endpoint());
  const std::string message = message_of(10, 2);
  for (const char byte : message) send_all(client, std::string_view(&byte, 1));
  EXPECT_EQ(receive(client, 10), message);
}

TEST(echo_server, accepts_pipelined_messages_cut_anywhere) {
  for (const std::size_t bytes :
       {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{1000}}) {
    const auto server = start_echo_server(bytes, 0, {});
    const descriptor client = connect_to(server->endpoint());
    const std::string sent = message_of(bytes * 40, 3);
    for (std::size_t from = 0, piece = 1; from < sent.size();
         from += piece, piece = 1 + piece * 5 % 211)
      send_all(client, sent.substr(from, piece));
    EXPECT_EQ(receive(client, sent.size()), sent) << bytes;
  }
}

TEST(echo_server, loses_nothing_if_a_client_sends_before_it_reads) {
  constexpr std::size_t bytes = 1 << 20;
  const auto server = start_echo_server(bytes, 0, {});
  const descriptor client = connect_to(server->endpoint());
  const std::string sent =
      message_of(bytes, 4) + message_of(bytes, 5) + message_of(bytes, 6) + message_of(bytes, 7);
  // More than the socket buffers hold: the server has to wait for room while it still reads.
  std::thread sender([&] { send_all(client, sent); });
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(receive(client, sent.size()), sent);
  sender.join();
}

TEST(echo_server, never_cuts_the_delay_short) {
  constexpr auto delay = 5ms;
  const auto server = start_echo_server(8, std::chrono::nanoseconds(delay).count(), {});
  const descriptor client = connect_to(server->endpoint());
  for (int i = 0; i < 5; ++i) {
    const std::string message = message_of(8, i);
    const auto start = steady_clock::now();
    send_all(client, message);
    EXPECT_EQ(receive(client, 8), message);
    EXPECT_GE(steady_clock::now() - start, delay);
  }
}

TEST(echo_server, delays_of_one_connection_overlap) {
  const auto server = start_echo_server(8, 100'000'000, {});
  const descriptor client = connect_to(server->endpoint());
  const std::string sent = message_of(8 * 30, 8);  // more than its buffer holds at once
  const auto start = steady_clock::now();
  send_all(client, sent);
  EXPECT_EQ(receive(client, sent.size()), sent);
  EXPECT_GE(steady_clock::now() - start, 100ms);
  EXPECT_LT(steady_clock::now() - start, 30 * 100ms) << "the delays did not overlap";
}

TEST(echo_server, connections_on_several_threads_get_their_own_echoes) {
  const auto server = start_echo_server(32, 0, {.cpus = {0, 0, 0}});
  std::vector<descriptor> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(connect_to(server->endpoint()));
  for (int turn = 0; turn < 5; ++turn) {
    for (int i = 0; i < 50; ++i)
      send_all(clients[static_cast<std::size_t>(i)], message_of(32, 50 * turn + i));
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(receive(clients[static_cast<std::size_t>(i)], 32), message_of(32, 50 * turn + i));
  }
}

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

TEST(echo_server, closed_clients_leave_no_descriptor_open) {
  const auto server = start_echo_server(64, 1'000'000, {});
  const descriptor staying_client = connect_to(server->endpoint());
  send_all(staying_client, message_of(64, 9));
  EXPECT_EQ(receive(staying_client, 64), message_of(64, 9));
  const std::ptrdiff_t before = open_descriptors();
  for (int i = 0; i < 60; ++i) {
    const descriptor leaving_client = connect_to(server->endpoint());
    // Nothing, a partial message, or a whole one whose reply is not read.
    if (i % 3 > 0) send_all(leaving_client, message_of(i % 3 == 1 ? 10 : 64, i));
  }
  for (const auto deadline = steady_clock::now() + 10s;
       open_descriptors() > before && steady_clock::now() < deadline;)
    std::this_thread::sleep_for(5ms);
  EXPECT_EQ(open_descriptors(), before);
  send_all(staying_client, message_of(64, 10));
  EXPECT_EQ(receive(staying_client, 64), message_of(64, 10));
}

TEST(echo_server, stops_while_replies_are_due) {
  auto server = start_echo_server(8, 60'000'000'000, {});
  const descriptor client = connect_to(server->endpoint());
  send_all(client, message_of(8, 11));
  const auto start = steady_clock::now();
  server.reset();
  EXPECT_LT(steady_clock::now() - start, 30s);
}

TEST(echo_server, listens_on_the_requested_port_or_throws) {
  std::uint16_t port = 0;
  {
    std::string endpoint;
    const descriptor probe = listen_on("127.0.0.1", 0, endpoint);
    port = parse_endpoint(endpoint).port;
  }
  const auto server = start_echo_server(8, 0, {.address = "127.0.0.1", .port = port});
  EXPECT_EQ(server->endpoint(), "127.0.0.1:" + std::to_string(port));
  EXPECT_THROW(start_echo_server(8, 0, {.address = "127.0.0.1", .port = port}), error);
}

}  // namespace
}  // namespace crossover
