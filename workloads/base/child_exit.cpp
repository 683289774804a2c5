#include "workloads/base/child_exit.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace crossover {

std::optional<int> wait_for_exit(pid_t pid, std::chrono::duration<double> timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    int status = 0;
    const pid_t exited = ::waitpid(pid, &status, WNOHANG);
    if (exited == pid) return status;
    if (exited < 0 || std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    ::usleep(1000);
  }
}

std::string describe_exit(int code, int status) {
  if (code == CLD_EXITED) return fmt::format("exited with code {}", status);
  return fmt::format("was {} by signal {} (SIG{})", code == CLD_STOPPED ? "stopped" : "killed",
                     status, ::sigabbrev_np(status));
}

std::string last_line(int fd) {
  char text[400];
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(sizeof text));
  const ssize_t n = ::pread(fd, text, sizeof text, from);
  if (n <= 0) return {};
  std::string tail(text, static_cast<std::size_t>(n));
  tail.erase(tail.find_last_not_of('\n') + 1);
  return tail.substr(tail.rfind('\n') + 1);
}

}  // namespace crossover
