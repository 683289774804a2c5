#include "workloads/endpoint.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "workloads/workload.hpp"

namespace crossover {
namespace {

TEST(endpoint, parses_host_and_port) {
  const auto parts = [](const char* text) {
    const host_and_port endpoint = parse_endpoint(text);
    return endpoint.host + " " + std::to_string(endpoint.port);
  };
  EXPECT_EQ(parts("127.0.0.1:4000"), "127.0.0.1 4000");
  EXPECT_EQ(parts("localhost:1"), "localhost 1");
  EXPECT_EQ(parts("[::1]:65535"), "::1 65535");
  EXPECT_EQ(parts("[fe80::1%lo]:80"), "fe80::1%lo 80");
}

TEST(endpoint, malformed_endpoint_is_rejected_with_an_example) {
  for (const char* text : {"", ":", "host", "host:", ":4000", "host:0", "host:65536", "host:-1",
                           "host:http", "host:4000 ", "[]:80"}) {
    try {
      const host_and_port endpoint = parse_endpoint(text);
      ADD_FAILURE() << "'" << text << "' was read as host '" << endpoint.host << "'";
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::invalid);
      EXPECT_NE(std::string(e.what()).find("127.0.0.1:4000"), std::string::npos) << e.what();
    }
  }
}

/// Listens on `address`, connects to the resulting endpoint, and accepts.
void expect_a_connection(const std::string& address, const std::string& prefix) {
  std::string endpoint;
  const descriptor listener = listen_on(address, 0, endpoint);
  EXPECT_TRUE(endpoint.starts_with(prefix)) << endpoint;
  const descriptor client = connect_to(endpoint);
  const descriptor server(::accept(listener.get(), nullptr, nullptr));
  ASSERT_TRUE(server);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ::getsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  EXPECT_NE(no_delay, 0);
}

TEST(endpoint, connects_to_a_listener) { expect_a_connection("127.0.0.1", "127.0.0.1:"); }

TEST(endpoint, ipv6_endpoint_has_brackets) {
  std::string endpoint;
  try {
    listen_on("::1", 0, endpoint);
  } catch (const error&) {
    GTEST_SKIP() << "no IPv6 loopback";
  }
  expect_a_connection("::1", "[::1]:");
}

/// Returns an endpoint without a listener: its port was free a moment ago.
std::string endpoint_without_listener() {
  std::string endpoint;
  listen_on("127.0.0.1", 0, endpoint);
  return endpoint;
}

TEST(endpoint, refused_connection_has_the_errno_symbol) {
  try {
    connect_to(endpoint_without_listener());
    FAIL() << "connected";
  } catch (const operation_error& e) {
    EXPECT_STREQ(e.what(), "connect:ECONNREFUSED");
  }
}

TEST(endpoint, refused_first_connection_names_endpoint_and_remedy) {
  const std::string endpoint = endpoint_without_listener();
  try {
    connect_first(endpoint);
    FAIL() << "connected";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::failed);
    EXPECT_EQ(e.what(),
              "no connection to " + endpoint +
                  " (connect:ECONNREFUSED); start a server there or correct the endpoint");
  }
}

TEST(endpoint, listening_fails_on_an_address_in_use_or_unknown) {
  std::string endpoint, second;
  const descriptor taken = listen_on("127.0.0.1", 0, endpoint);
  EXPECT_THROW(listen_on("127.0.0.1", parse_endpoint(endpoint).port, second), error);
  EXPECT_THROW(listen_on("no such host", 0, second), error);
}

TEST(endpoint, moved_descriptor_is_closed_once) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  descriptor one(pair[0]);
  const descriptor other(pair[1]);
  descriptor moved(std::move(one));
  EXPECT_FALSE(one);  // NOLINT(bugprone-use-after-move): the state after a move is tested
  moved = descriptor();
  char byte = 0;
  EXPECT_EQ(::recv(other.get(), &byte, 1, 0), 0) << "the peer is not closed";
}

}  // namespace
}  // namespace crossover
