#include "workloads/http_url.hpp"

#include <gtest/gtest.h>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

std::string url_problem(std::string_view text) {
  try {
    parse_http_url(text);
    return "accepted";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    const std::string line = e.what();
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_NE(line.find("expected an http URL"), std::string::npos) << line;
    return line;
  }
}

TEST(http_url, parses_urls) {
  const http_url whole = parse_http_url("http://example.org:8080/a/b?c=d&e#f");
  EXPECT_EQ(whole.endpoint, "example.org:8080");
  EXPECT_EQ(whole.authority, "example.org:8080");
  EXPECT_EQ(whole.target, "/a/b?c=d&e");
  const http_url bare = parse_http_url("HTTP://example.org");
  EXPECT_EQ(bare.endpoint, "example.org:80");
  EXPECT_EQ(bare.authority, "example.org");
  EXPECT_EQ(bare.target, "/");
  EXPECT_EQ(parse_http_url("http://example.org?x").target, "/?x");
  EXPECT_EQ(parse_http_url("http://[::1]/").endpoint, "[::1]:80");
  EXPECT_EQ(parse_http_url("http://[::1]:81/").endpoint, "[::1]:81");
  EXPECT_EQ(parse_http_url("http://a#b/c?d").target, "/");
  EXPECT_EQ(parse_http_url("http://a/" + std::string(1 << 20, 'b')).target.size(), (1 << 20) + 1U);
}

TEST(http_url, rejects_malformed_or_unsupported_urls) {
  EXPECT_NE(url_problem("https://example.org/").find("not supported"), std::string::npos);
  EXPECT_NE(url_problem("ftp://example.org/").find("is not an http URL"), std::string::npos);
  EXPECT_NE(url_problem("http://user:secret@example.org/").find("not supported"),
            std::string::npos);
  for (const char* text : {"foo", "localhost:80", "/page", "http:/x", "://", "", "http://a/b c",
                           "http://a/\r\nX: y", "http://a/\xc3\xa4", "http://a/%zz"})
    EXPECT_NE(url_problem(text).find("is not a URL"), std::string::npos) << text;
  for (const char* text : {"http://", "http:///x", "http://:80/", "http://a:0/", "http://a:65536/",
                           "http://a:99999/", "http://a:b/"})
    EXPECT_NE(url_problem(text).find("has no host or an invalid port"), std::string::npos) << text;
}

}  // namespace
}  // namespace crossover
