#pragma once

#include <string>
#include <string_view>

namespace crossover {

/// Where an http URL points: whom to connect to, whom to name, what to ask for.
struct http_url {
  std::string endpoint;   ///< "host:80", as `connect_to` takes it
  std::string authority;  ///< the Host header: the port only where it was written
  std::string target;     ///< "/path?query", without fragment
};

/// Takes apart "http://host:port/path?query". Throws `error` (invalid) in one line for https and
/// for what is no URL.
http_url parse_http_url(std::string_view text);

}  // namespace crossover
