#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace crossover {

/// Replaces the waits of blocking operations. Without hooks, a wait blocks the calling thread in
/// the kernel. A model that waits in another way (releases a global lock, switches to another
/// fiber) sets hooks for its threads. An operation is thus written once, in blocking style.
class blocking_hooks {
 public:
  virtual ~blocking_hooks() = default;
  /// Waits for `ns`.
  virtual void sleep(std::int64_t ns) = 0;
  /// recv(2) with these flags on a connected socket. Returns when data has arrived, the peer has
  /// closed, or with an error in errno.
  virtual ssize_t receive(int fd, void* into, std::size_t size, int flags) = 0;
  /// send(2). Returns when at least one byte has been accepted.
  virtual ssize_t send(int fd, const void* from, std::size_t size, int flags) = 0;
  /// Waits until the descriptor is readable (or writable).
  virtual void until_ready(int fd, bool writable) = 0;
  /// Stops watching the descriptor, which is about to be closed.
  virtual void forget(int fd) = 0;
  /// Runs a library call that needs no exclusive state (a digest, a database step), releasing the
  /// model's lock, if any.
  virtual void without_lock(void (*call)(void*), void* argument) = 0;
};

/// The calling thread's hooks; nullptr: waits block in the kernel.
blocking_hooks*& current_hooks();

/// Entry points for operations: each uses the thread's hooks, or the system call without them.
void wait_for(std::int64_t ns);
ssize_t wait_receive(int fd, void* into, std::size_t size, int flags = 0);
ssize_t wait_send(int fd, const void* from, std::size_t size, int flags = 0);
void wait_until_ready(int fd, bool writable);

template <typename Call>
void call_without_lock(const Call& call) {
  if (blocking_hooks* const hooks = current_hooks(); hooks != nullptr)
    hooks->without_lock([](void* argument) { (*static_cast<const Call*>(argument))(); },
                        const_cast<Call*>(&call));
  else
    call();
}

}  // namespace crossover
