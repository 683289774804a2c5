#include "workloads/http_url.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <regex>

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
  // RFC 3986, appendix B.
  static const std::regex parts(R"(^([^:/?#]+)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$)");
  std::cmatch match;
  if (!std::regex_match(text.data(), text.data() + text.size(), match, parts))
    reject("is not a URL");
  const std::string scheme = match[1], authority = match[2];
  if (::strcasecmp(scheme.c_str(), "https") == 0) reject("is not supported (no TLS)");
  if (::strcasecmp(scheme.c_str(), "http") != 0) reject("is not an http URL");
  if (authority.find('@') != std::string::npos)
    reject("contains a user name, which is not supported");

  http_url url{authority, authority,
               match[3].length() == 0 ? "/" + match[4].str() : match[3].str() + match[4].str()};
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
