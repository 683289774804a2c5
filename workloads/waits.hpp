#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace crossover {

/// How the blocking form of an operation waits. By default it blocks the calling thread in the
/// kernel; a model that makes something else of a wait (one that gives up a global lock meanwhile,
/// a fiber that lets others run) sets a waiter for its threads. So an operation is written once, in
/// blocking style, and each model decides what its waits are.
class blocking_hooks {
 public:
  virtual ~blocking_hooks() = default;
  /// Waits for so long.
  virtual void sleep(std::int64_t ns) = 0;
  /// As recv(2) with these flags on a connected socket: returns once there is something, or the
  /// peer has closed, or an error is in errno.
  virtual ssize_t receive(int fd, void* into, std::size_t most, int flags) = 0;
  /// As send(2): returns once something was taken.
  virtual ssize_t send(int fd, const void* from, std::size_t size, int flags) = 0;
  /// Waits until the descriptor is readable (or writable).
  virtual void until_ready(int fd, bool writable) = 0;
  /// The descriptor is about to be closed: whoever watches it forgets it.
  virtual void forget(int fd) = 0;
  /// Runs a library's call that needs no exclusive state (a digest, a database's step): where there
  /// is a lock, it is given up meanwhile.
  virtual void without_lock(void (*call)(void*), void* argument) = 0;
};

/// The calling thread's waiter; nullptr: the kernel.
blocking_hooks*& current_waiter();

/// What operations call.
void wait_for(std::int64_t ns);
ssize_t wait_receive(int fd, void* into, std::size_t most, int flags = 0);
ssize_t wait_send(int fd, const void* from, std::size_t size, int flags = 0);
void wait_until_ready(int fd, bool writable);

template <typename Call>
void call_without_lock(const Call& call) {
  if (blocking_hooks* const mine = current_waiter(); mine != nullptr)
    mine->without_lock([](void* argument) { (*static_cast<const Call*>(argument))(); },
                       const_cast<Call*>(&call));
  else
    call();
}

}  // namespace crossover
