#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

namespace crossover {

/// Waits up to `timeout` for a child process to exit and reaps it. Returns its status as reported
/// by waitpid(2), or nullopt if it is still running or not a child of this process.
std::optional<int> wait_for_exit(pid_t pid, std::chrono::duration<double> timeout);

/// Returns "was killed by signal 9 (SIGKILL)" or "exited with code 3", from `si_code` and
/// `si_status` of waitid(2).
std::string describe_exit(int code, int status);

/// Returns the last line of a file, at most 400 bytes of it, or "".
std::string last_line(int fd);

}  // namespace crossover
