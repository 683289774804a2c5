#pragma once

#include <string>

#include "workloads/endpoint.hpp"

namespace crossover {

/// An empty directory in TMPDIR (or /tmp) that only this user can enter. It is locked while this
/// process, or one that it forks, has the descriptor of the lock.
class server_directory {
 public:
  /// Throws `error` (failed) if it cannot be created.
  server_directory();
  /// Removes it with all its files.
  ~server_directory() { remove(); }
  server_directory(const server_directory&) = delete;
  server_directory& operator=(const server_directory&) = delete;

  const std::string& path() const { return path_; }
  int lock() const { return lock_.get(); }
  void remove();

 private:
  std::string path_;
  descriptor lock_;
};

/// Removes the directories of servers whose processes were all killed: no process holds their lock.
void remove_abandoned_directories();

}  // namespace crossover
