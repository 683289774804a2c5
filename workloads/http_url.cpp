#include "workloads/http_url.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "workloads/base/error.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

http_url parse_http_url(std::string_view text) {
  const auto reject = [&](std::string_view why) {
    throw error(
        error_kind::invalid,
        fmt::format("'{}' {}; expected an http URL, for example http://127.0.0.1:8080/page.html",
                    text, why));
  };
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; }))
    reject("contains a character that is not allowed in a URL");
  // RFC 3986, appendix B: scheme://authority, path?query, #fragment.
  const std::size_t scheme_end = text.find_first_of(":/?#");
  if (scheme_end == 0 || scheme_end == text.npos || !text.substr(scheme_end).starts_with("://"))
    reject("is not a URL");
  const std::string_view rest = text.substr(scheme_end + 3, text.find('#') - (scheme_end + 3));
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string scheme(text.substr(0, scheme_end)), authority(rest.substr(0, authority_end));
  const std::string target(rest.substr(authority_end));
  if (::strcasecmp(scheme.c_str(), "https") == 0) reject("is not supported (no TLS)");
  if (::strcasecmp(scheme.c_str(), "http") != 0) reject("is not an http URL");
  if (authority.find('@') != std::string::npos)
    reject("contains a user name, which is not supported");

  http_url url{authority, authority, target.starts_with('/') ? target : "/" + target};
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string::npos || authority.find(']', colon) != std::string::npos)
    url.endpoint += ":80";
  try {
    parse_endpoint(url.endpoint);
  } catch (const error&) {
    reject("has no host or an invalid port");
  }
  return url;
}

}  // namespace crossover
