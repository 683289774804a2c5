#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace crossover {

/// An owned file descriptor.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() { reset(); }
  descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// Raises this process's limit of open descriptors to its hard limit.
void raise_descriptor_limit();

/// Parts of "127.0.0.1:4000", "[::1]:4000" or "localhost:4000".
struct host_and_port {
  std::string host;
  std::uint16_t port = 0;
};
/// Throws `error` (invalid) if the text is malformed.
host_and_port parse_endpoint(std::string_view endpoint);

/// Returns a connected, blocking TCP socket with TCP_NODELAY. Throws `operation_error`, for example
/// "connect:ECONNREFUSED".
descriptor connect_to(std::string_view endpoint);

/// Does the same for the first connection to a server. Throws `error` (failed) with the endpoint
/// and the remedy.
descriptor connect_first(std::string_view endpoint);

/// Returns a listening, non-blocking TCP socket and sets `endpoint` to its address. Throws `error`
/// (failed).
descriptor listen_on(const std::string& address, std::uint16_t port, std::string& endpoint);

}  // namespace crossover
