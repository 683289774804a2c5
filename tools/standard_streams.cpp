#include "tools/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

bool reader_is_gone() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/// Flushes standard output. `reason` is the error number of an earlier failed write. Throws `error`
/// (unwritable) if output was lost, unless the reader closed the pipe.
void flush_output(int reason) {
  const bool flushed = std::fflush(stdout) == 0;
  if (!flushed) reason = errno;
  if ((flushed && std::ferror(stdout) == 0) || reader_is_gone()) return;
  throw system_failure(error_kind::unwritable, "standard output: cannot be written", reason);
}

}  // namespace

void prepare_standard_streams() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  // Read-only, so that output to a closed stream is still reported as lost.
  int fd = ::open("/dev/null", O_RDONLY);
  while (fd >= 0 && fd < STDERR_FILENO) fd = ::open("/dev/null", O_RDONLY);
  if (fd > STDERR_FILENO) ::close(fd);
}

int with_standard_output(const std::function<int()>& command) {
  int code = 0, reason = EIO;
  try {
    code = command();
  } catch (const std::system_error& e) {
    if (std::ferror(stdout) == 0) throw;
    reason = e.code().value();  // of fmt::print
  }
  flush_output(reason);
  return code;
}

}  // namespace crossover
