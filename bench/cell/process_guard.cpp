#include "bench/cell/process_guard.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Runs in the guard: keeps the list of groups until the other end of the pipe closes, and kills
/// them. Only system calls, as after every fork.
[[noreturn]] void watch(int changes) {
  ::setpgid(0, 0);  // a Ctrl-C at the terminal must not end it
  ::dup2(changes, 0);
  ::syscall(SYS_close_range, 1U, ~0U, 0U);
  pid_t groups[256];
  std::size_t count = 0;
  pid_t change = 0;  // a group to add, or negative to remove
  for (;;) {
    const ssize_t n = ::read(0, &change, sizeof change);
    if (n < 0 && errno == EINTR) continue;
    if (n != sizeof change) break;
    if (change < 0)
      count = static_cast<std::size_t>(std::remove(groups, groups + count, -change) - groups);
    else if (count < std::size(groups))
      groups[count++] = change;
  }
  for (std::size_t i = 0; i < count; ++i) ::kill(-groups[i], SIGKILL);
  ::_exit(0);
}

class guard_process {
 public:
  guard_process() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw system_failure(error_kind::resource, "cannot create a pipe", errno);
    pid_ = ::fork();
    if (pid_ < 0) throw system_failure(error_kind::resource, "cannot fork", errno);
    if (pid_ == 0) watch(ends[0]);
    ::close(ends[0]);
    changes_ = ends[1];
  }
  ~guard_process() {
    ::close(changes_);
    ::kill(pid_, SIGCONT);  // if it is stopped
    ::waitpid(pid_, nullptr, 0);
  }
  guard_process(const guard_process&) = delete;
  guard_process& operator=(const guard_process&) = delete;

  void send(pid_t change) { (void)!::write(changes_, &change, sizeof change); }

 private:
  pid_t pid_ = -1;
  int changes_ = -1;
};

guard_process& guard() {
  static guard_process only;
  return only;
}

}  // namespace

void guard_group(pid_t group) { guard().send(group); }
void unguard_group(pid_t group) { guard().send(-group); }

}  // namespace crossover
