#include "workloads/servers/http_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "workloads/endpoint.hpp"
#include "workloads/hashing.hpp"

namespace crossover {
namespace {

/// Sends `request` and returns everything that the server sends until it closes the connection.
std::string http_conversation(const workload_server& server, const std::string& request) {
  const descriptor fd = connect_to(server.endpoint());
  ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string all;
  char chunk[65536];
  for (ssize_t n; (n = ::recv(fd.get(), chunk, sizeof chunk, 0)) > 0;)
    all.append(chunk, static_cast<std::size_t>(n));
  return all;
}

std::string get(const std::string& target, const std::string& fields = "Connection: close\r\n") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

std::string status_of(const std::string& reply) { return reply.substr(0, reply.find('\r')); }
std::string body_of(const std::string& reply) { return reply.substr(reply.find("\r\n\r\n") + 4); }

class http_server : public ::testing::Test {
 protected:
  const std::unique_ptr<workload_server> server = start_http_server(0, {"127.0.0.1", 0, {0, 0}});
};

TEST_F(http_server, sends_bodies_of_any_size) {
  for (const std::size_t bytes : {0U, 1U, 65536U, 3'000'001U}) {
    const std::string reply =
        http_conversation(*server, get("/body?bytes=" + std::to_string(bytes)));
    EXPECT_EQ(status_of(reply), "HTTP/1.1 200 OK");
    const auto expected = hashing_input(bytes);
    EXPECT_EQ(body_of(reply), std::string(expected.begin(), expected.end())) << bytes;
    EXPECT_NE(reply.find("Content-Length: " + std::to_string(bytes) + "\r\n"), std::string::npos);
  }
}

TEST_F(http_server, handles_consecutive_requests_on_one_connection) {
  const std::string all =
      http_conversation(*server, get("/body?bytes=3", "") + get("/nowhere", "") + get("/"));
  EXPECT_NE(all.find("200 OK"), std::string::npos);
  EXPECT_NE(all.find("404 Not Found"), std::string::npos);
  EXPECT_NE(all.rfind("200 OK"), all.find("200 OK"));
}

TEST_F(http_server, rejects_unknown_requests) {
  EXPECT_EQ(status_of(http_conversation(*server, get("/elsewhere"))), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(status_of(http_conversation(*server, get("/body"))), "HTTP/1.1 404 Not Found");
  for (const char* bytes : {"", "x", "-1", "1073741825", "1&x"})
    EXPECT_EQ(status_of(http_conversation(*server, get(std::string("/body?bytes=") + bytes))),
              "HTTP/1.1 400 Bad Request")
        << bytes;
  EXPECT_EQ(status_of(http_conversation(
                *server, "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")),
            "HTTP/1.1 405 Method Not Allowed");
}

TEST_F(http_server, closes_after_malformed_http) {
  for (const std::string request : {"hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/3.0\r\n\r\n",
                                    "GET / HTTP/1.1\r\nno colon\r\n\r\n"})
    EXPECT_EQ(status_of(http_conversation(*server, request)), "HTTP/1.1 400 Bad Request")
        << request;
  EXPECT_EQ(status_of(http_conversation(*server, "GET /" + std::string(100'000, 'x'))),
            "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_of(http_conversation(*server, "GET /body?bytes=1 HTTP/1.0\r\n\r\n")),
            "HTTP/1.1 200 OK")
      << "an HTTP/1.0 client expects a close";
}

TEST_F(http_server, closes_if_the_client_ends_in_the_middle_of_a_request) {
  for (int i = 0; i < 200; ++i) {  // the end may arrive together with the last bytes or after them
    const descriptor fd = connect_to(server->endpoint());
    ::send(fd.get(), "GET / HT", 8, MSG_NOSIGNAL);
    ::shutdown(fd.get(), SHUT_WR);
    char byte;
    EXPECT_EQ(::recv(fd.get(), &byte, 1, 0), 0);
  }
}

TEST_F(http_server, refuses_a_chunk_extension_without_an_end) {
  EXPECT_EQ(status_of(http_conversation(*server,
                                        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
                                            std::string(100'000, 'x'))),
            "HTTP/1.1 400 Bad Request");
}

TEST(http_server_with_delay, delays_replies) {
  const auto server = start_http_server(20'000'000, {});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(body_of(http_conversation(*server, get("/body?bytes=1"))).size(), 1U);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace crossover
