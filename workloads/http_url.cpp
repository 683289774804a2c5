#include "workloads/http_url.hpp"

#include <fmt/format.h>

#include <boost/url/parse.hpp>

#include "workloads/base/error.hpp"
#include "workloads/base/quantities.hpp"

namespace crossover {

namespace urls = boost::urls;

http_url parse_http_url(std::string_view text) {
  const auto reject = [&](std::string_view why) {
    throw error(
        error_kind::invalid,
        fmt::format("'{}' {}; expected an http URL, for example http://127.0.0.1:8080/page.html",
                    text, why));
  };
  const auto parsed = urls::parse_uri(text);
  if (!parsed || !parsed->has_authority()) reject("is not a URL");
  const urls::url_view& url = *parsed;
  if (url.scheme_id() == urls::scheme::https) reject("is not supported (no TLS)");
  if (url.scheme_id() != urls::scheme::http) reject("is not an http URL");
  if (url.has_userinfo()) reject("contains a user name, which is not supported");
  // Boost 1.81's port_number() wraps at 65536.
  const std::optional<std::uint64_t> port = parse_count(std::string(url.port()));
  if (url.encoded_host().empty() || (url.has_port() && (!port || *port == 0 || *port > 65535)))
    reject("has no host or an invalid port");

  const std::string host(url.encoded_host()), target(url.encoded_target());
  const std::string authority(url.encoded_host_and_port());
  return {url.has_port() ? authority : host + ":80", authority,
          target.starts_with('/') ? target : "/" + target};
}

}  // namespace crossover
