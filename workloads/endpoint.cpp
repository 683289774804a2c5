#include "workloads/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "workloads/base/error.hpp"
#include "workloads/base/quantities.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

address_list look_up(const host_and_port& endpoint, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* addresses = nullptr;
  const int failure = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(),
                                    &hints, &addresses);
  if (failure != 0)
    throw error(error_kind::invalid, fmt::format("cannot resolve the host '{}': {}", endpoint.host,
                                                 ::gai_strerror(failure)));
  return {addresses, &::freeaddrinfo};
}

}  // namespace

void descriptor::reset(int fd) {
  if (fd_ >= 0) {
    if (blocking_hooks* const hooks = current_hooks(); hooks != nullptr) hooks->forget(fd_);
    ::close(fd_);
  }
  fd_ = fd;
}

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

host_and_port parse_endpoint(std::string_view endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  host_and_port parts;
  if (colon != std::string_view::npos) {
    parts.host = endpoint.substr(0, colon);
    if (parts.host.size() >= 2 && parts.host.front() == '[' && parts.host.back() == ']')
      parts.host = parts.host.substr(1, parts.host.size() - 2);
    if (const auto port = parse_count(endpoint.substr(colon + 1));
        port && *port > 0 && *port < 65536)
      parts.port = static_cast<std::uint16_t>(*port);
  }
  if (parts.host.empty() || parts.port == 0)
    throw error(
        error_kind::invalid,
        fmt::format("'{}' is not an endpoint; expected HOST:PORT, for example 127.0.0.1:4000",
                    endpoint));
  return parts;
}

descriptor connect_to(std::string_view endpoint) {
  const address_list addresses = look_up(parse_endpoint(endpoint), 0);
  int reason = ECONNREFUSED;
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    descriptor fd(::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    if (!fd) throw operation_error("socket", errno);
    if (::connect(fd.get(), a->ai_addr, a->ai_addrlen) == 0) {
      const int on = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return fd;
    }
    reason = errno;
  }
  throw operation_error("connect", reason);
}

descriptor connect_first(std::string_view endpoint) {
  try {
    return connect_to(endpoint);
  } catch (const operation_error& e) {
    throw error(
        error_kind::failed,
        fmt::format("no connection to {} ({}); start a server there or correct the endpoint",
                    endpoint, e.what()));
  }
}

descriptor listen_on(const std::string& address, std::uint16_t port, std::string& endpoint) {
  const address_list addresses = look_up({address, port}, AI_PASSIVE | AI_NUMERICSERV);
  const addrinfo& a = *addresses;
  descriptor fd(::socket(a.ai_family, a.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a.ai_protocol));
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), a.ai_addr, a.ai_addrlen) != 0 || ::listen(fd.get(), 4096) != 0)
    throw system_failure(error_kind::failed, fmt::format("cannot listen on {}:{}", address, port),
                         errno);
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &length);
  char host[INET6_ADDRSTRLEN] = "";
  if (bound.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(bound);
    ::inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof host);
    endpoint = fmt::format("[{}]:{}", host, ntohs(six.sin6_port));
  } else {
    const auto& four = reinterpret_cast<const sockaddr_in&>(bound);
    ::inet_ntop(AF_INET, &four.sin_addr, host, sizeof host);
    endpoint = fmt::format("{}:{}", host, ntohs(four.sin_port));
  }
  return fd;
}

}  // namespace crossover
