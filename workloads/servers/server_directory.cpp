#include "workloads/servers/server_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <thread>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view directory_prefix = "crossover-";

std::string temporary_directory() {
  const char* path = std::getenv("TMPDIR");
  return path != nullptr && *path != '\0' ? path : "/tmp";
}

std::string lock_in(const std::string& directory) { return directory + "/crossover.lock"; }

bool is_linked(const descriptor& file) {
  struct stat info {};
  return ::fstat(file.get(), &info) == 0 && info.st_nlink > 0;
}

/// Removes the shared memory segment of a PostgreSQL server that was killed. Its process, negative
/// if initdb started it, and its number are in the first and the seventh line of this file.
void remove_shared_memory(const std::string& directory) {
  std::ifstream in(directory + "/data/postmaster.pid");
  pid_t pid = 0;
  long key = 0;
  int segment = -1;
  in >> pid;
  std::string line;
  for (int i = 0; i < 6; ++i) std::getline(in, line);
  shmid_ds info{};
  if (in >> key >> segment && ::shmctl(segment, IPC_STAT, &info) == 0 &&
      info.shm_cpid == std::abs(pid) && info.shm_nattch == 0)
    ::shmctl(segment, IPC_RMID, nullptr);
}

/// Returns whether a process works in the directory or a part of it.
bool is_in_use(const std::string& directory) {
  std::error_code failure;
  const std::string path = fs::canonical(directory, failure).string() + "/";
  if (failure) return false;
  for (const auto& process : fs::directory_iterator("/proc", failure)) {
    const std::string working = fs::read_symlink(process.path() / "cwd", failure).string() + "/";
    if (working.starts_with(path)) return true;
  }
  return false;
}

/// Waits until PostgreSQL's processes, which end after their supervisor if that was killed, no
/// longer need their files: without these, they leave their shared memory. At most 5 s.
void remove_with_files(const std::string& directory) {
  constexpr std::chrono::milliseconds step(20);
  constexpr int max_attempts = 250;
  for (int i = 0; i < max_attempts && is_in_use(directory); ++i) std::this_thread::sleep_for(step);
  remove_shared_memory(directory);
  std::error_code ignored;
  fs::remove_all(directory, ignored);
}

}  // namespace

server_directory::server_directory() {
  do {
    path_ = fmt::format("{}/{}XXXXXX", temporary_directory(), directory_prefix);
    if (::mkdtemp(path_.data()) == nullptr) {
      const error e = system_failure(error_kind::failed, "cannot create a directory", errno);
      throw error(e.kind(), fmt::format("{}: {}; set TMPDIR to a writable one",
                                        temporary_directory(), e.what()));
    }
    lock_.reset(::open(lock_in(path_).c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (lock_) ::flock(lock_.get(), LOCK_EX);
  } while (lock_ && !is_linked(lock_));  // another run may remove it before it is locked
}

void server_directory::remove() { remove_with_files(path_); }

void remove_abandoned_directories() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(temporary_directory(), ignored)) {
    if (!entry.path().filename().string().starts_with(directory_prefix)) continue;
    const std::string path = entry.path().string();
    const descriptor lock(
        ::open(lock_in(path).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat info {};
    if (lock && ::fstat(lock.get(), &info) == 0 && S_ISREG(info.st_mode) &&
        info.st_uid == ::geteuid() && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0)
      remove_with_files(path);
  }
}

}  // namespace crossover
