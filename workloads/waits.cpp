#include "workloads/waits.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <cerrno>

namespace crossover {
namespace {

thread_local waiter* current = nullptr;

}  // namespace

waiter*& current_waiter() { return current; }

void wait_for(std::int64_t ns) {
  if (current != nullptr) return current->sleep(ns);
  timespec left{ns / 1'000'000'000, ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

ssize_t wait_receive(int fd, void* into, std::size_t most, int flags) {
  return current != nullptr ? current->receive(fd, into, most, flags)
                            : ::recv(fd, into, most, flags);
}

ssize_t wait_send(int fd, const void* from, std::size_t size, int flags) {
  return current != nullptr ? current->send(fd, from, size, flags) : ::send(fd, from, size, flags);
}

void wait_until_ready(int fd, bool writable) {
  if (current != nullptr) return current->until_ready(fd, writable);
  pollfd watched{fd, static_cast<short>(writable ? POLLOUT : POLLIN), 0};
  while (::poll(&watched, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace crossover
