#include "workloads/base/child_exit.hpp"

#include <sys/wait.h>
#include <unistd.h>

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

}  // namespace crossover
