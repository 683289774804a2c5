#include "workloads/host_address.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <memory>

#include "workloads/base/error.hpp"

namespace crossover {

std::string numeric_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  char text[NI_MAXHOST] = "";
  if (failure == 0)
    failure = ::getnameinfo(addresses->ai_addr, addresses->ai_addrlen, text, sizeof text, nullptr,
                            0, NI_NUMERICHOST);
  if (failure != 0)
    throw error(error_kind::invalid,
                fmt::format("cannot resolve the host '{}': {}", host, ::gai_strerror(failure)));
  return text;
}

}  // namespace crossover
