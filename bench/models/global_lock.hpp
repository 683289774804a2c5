#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "workloads/waits.hpp"

namespace crossover {

/// The lock of CPython (Python/ceval_gil.c, Antoine Pitrou's design for 3.2). A thread that has
/// waited for the switch interval requests a switch. The holder checks for requests at its
/// checkpoints; it releases the lock and waits until another thread has taken it.
class global_lock {
 public:
  explicit global_lock(std::chrono::nanoseconds interval) : interval_(interval) {}

  void lock() {
    std::unique_lock guard(mutex_);
    while (held_) {
      const std::uint64_t seen = switches_;
      if (!released_.wait_for(guard, interval_, [&] { return !held_; }) && switches_ == seen)
        requested_.store(true, std::memory_order_relaxed);
    }
    held_ = true;
    ++switches_;
    requested_.store(false, std::memory_order_relaxed);
    taken_.notify_all();
  }

  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      held_ = false;
    }
    released_.notify_one();
  }

  /// Releases and retakes the lock if another thread requested it; called between two operations.
  void checkpoint() {
    if (!requested_.load(std::memory_order_relaxed)) return;
    std::unique_lock guard(mutex_);
    held_ = false;
    const std::uint64_t seen = switches_;
    released_.notify_one();
    // Forced switch: without this wait the holder would usually reacquire the lock first.
    taken_.wait(guard, [&] { return switches_ != seen; });
    guard.unlock();
    lock();
  }

 private:
  std::chrono::nanoseconds interval_;
  std::mutex mutex_;
  std::condition_variable released_, taken_;
  bool held_ = false;
  std::uint64_t switches_ = 0;
  std::atomic<bool> requested_ = false;
};

/// Blocking hooks of the calling thread that release the lock during every wait. Installed for the
/// lifetime of the object.
class lock_releasing_hooks final : public blocking_hooks {
 public:
  explicit lock_releasing_hooks(global_lock& lock) : lock_(lock) { current_hooks() = this; }
  ~lock_releasing_hooks() override { current_hooks() = nullptr; }
  lock_releasing_hooks(const lock_releasing_hooks&) = delete;
  lock_releasing_hooks& operator=(const lock_releasing_hooks&) = delete;

  void sleep(std::int64_t ns) override {
    unlocked([&] { wait_for(ns); });
  }
  ssize_t receive(int fd, void* into, std::size_t most, int flags) override {
    ssize_t n = 0;
    unlocked([&] { n = ::recv(fd, into, most, flags); });
    return n;
  }
  ssize_t send(int fd, const void* from, std::size_t size, int flags) override {
    ssize_t n = 0;
    unlocked([&] { n = ::send(fd, from, size, flags); });
    return n;
  }
  void until_ready(int fd, bool writable) override {
    unlocked([&] { wait_until_ready(fd, writable); });
  }
  void forget(int) override {}
  void without_lock(void (*call)(void*), void* argument) override {
    unlocked([&] { call(argument); });
  }

 private:
  template <typename Wait>
  void unlocked(Wait wait) {
    lock_.unlock();
    current_hooks() = nullptr;
    wait();
    const int reason = errno;  // taking the lock may overwrite the wait's error
    current_hooks() = this;
    lock_.lock();
    errno = reason;
  }

  global_lock& lock_;
};

}  // namespace crossover
