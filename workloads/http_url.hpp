#pragma once

#include <string>
#include <string_view>

namespace crossover {

/// Parts of an http URL.
struct http_url {
  std::string endpoint;   ///< "host:80", for `connect_to`
  std::string authority;  ///< Host header; has a port only if the URL has one
  std::string target;     ///< "/path?query", without fragment
};

/// Parses "http://host:port/path?query". Throws `error` (invalid) for https or a malformed URL.
http_url parse_http_url(std::string_view text);

}  // namespace crossover
