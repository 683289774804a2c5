#include "workloads/waits.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <cerrno>

namespace crossover {
namespace {

thread_local blocking_hooks* active_hooks = nullptr;

}  // namespace

blocking_hooks*& current_hooks() { return active_hooks; }

void wait_for(std::int64_t ns) {
  if (active_hooks != nullptr) return active_hooks->sleep(ns);
  timespec remaining{ns / 1'000'000'000, ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &remaining, &remaining) == EINTR) {
  }
}

ssize_t wait_receive(int fd, void* into, std::size_t size, int flags) {
  return active_hooks != nullptr ? active_hooks->receive(fd, into, size, flags)
                                 : ::recv(fd, into, size, flags);
}

ssize_t wait_send(int fd, const void* from, std::size_t size, int flags) {
  return active_hooks != nullptr ? active_hooks->send(fd, from, size, flags)
                                 : ::send(fd, from, size, flags);
}

void wait_until_ready(int fd, bool writable) {
  if (active_hooks != nullptr) return active_hooks->until_ready(fd, writable);
  pollfd watched{fd, static_cast<short>(writable ? POLLOUT : POLLIN), 0};
  while (::poll(&watched, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace crossover
