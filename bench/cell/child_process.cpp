#include "bench/cell/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "workloads/base/child_exit.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

void make_pipe(descriptor& read_end, descriptor& write_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw system_failure(error_kind::resource, "cannot make a pipe", errno);
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
}

}  // namespace

child_process::child_process(std::vector<std::string> command) : command_(std::move(command)) {
  descriptor child_input, child_output, exec_failed, tell_failed;
  make_pipe(child_input, input_);
  make_pipe(output_, child_output);
  make_pipe(exec_failed, tell_failed);
  errors_.reset(::memfd_create("standard error", MFD_CLOEXEC));
  std::vector<char*> arguments;
  for (std::string& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw system_failure(error_kind::resource, "cannot fork", errno);
  if (pid_ == 0) {
    // Only system calls between fork and exec.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(child_input.get(), 0);
    ::dup2(child_output.get(), 1);
    ::dup2(errors_.get(), 2);
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    ::signal(SIGPIPE, SIG_DFL);
    ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    ::execvp(arguments[0], arguments.data());
    const int reason = errno;
    (void)!::write(tell_failed.get(), &reason, sizeof reason);
    ::_exit(127);
  }
  ::setpgid(pid_, pid_);
  tell_failed.reset();
  int reason = 0;
  if (::read(exec_failed.get(), &reason, sizeof reason) == sizeof reason) {
    ::waitpid(pid_, nullptr, 0);
    reaped_ = true;
    throw error(error_kind::failed,
                fmt::format("cannot start '{}': {}", command_.front(), std::strerror(reason)));
  }
}

child_process::child_process(child_process&& other) noexcept
    : command_(std::move(other.command_)),
      pid_(std::exchange(other.pid_, -1)),
      reaped_(std::exchange(other.reaped_, true)),
      status_(other.status_),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      pending_(std::move(other.pending_)) {}

child_process::~child_process() { kill_group(); }

bool child_process::wait(duration timeout) {
  if (reaped_) return true;
  const std::optional<int> status = wait_for_exit(pid_, timeout);
  if (!status) return false;
  status_ = *status;
  reaped_ = true;
  return true;
}

void child_process::kill_group() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);  // includes descendants that have outlived it
  if (reaped_) return;
  ::waitpid(pid_, &status_, 0);
  reaped_ = true;
}

void child_process::write_line(const std::string& line) {
  const std::string text = line + "\n";
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(input_.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  ::sigaction(SIGPIPE, &before, nullptr);
  if (done < text.size()) throw error(error_kind::failed, how_it_ended());
}

bool child_process::read_more(time_point deadline, const std::string& late,
                              std::size_t most_bytes) {
  for (;;) {
    if (was_interrupted()) throw interrupted();
    const duration left = deadline - std::chrono::steady_clock::now();
    if (left.count() <= 0) {
      kill_group();
      throw error(error_kind::failed, late + last_words());
    }
    pollfd watched[2] = {{output_.get(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    const int ready = ::poll(watched, 2, static_cast<int>(std::min(left.count() * 1000 + 1, 1e9)));
    if (ready < 0 && errno != EINTR) throw system_failure(error_kind::failed, "poll", errno);
    if (ready <= 0 || (watched[0].revents & (POLLIN | POLLHUP)) == 0) continue;
    char chunk[65536];
    const ssize_t n = ::read(output_.get(), chunk, sizeof chunk);
    if (n == 0) return false;
    if (n > 0) pending_.append(chunk, static_cast<std::size_t>(n));
    if (pending_.size() > most_bytes) throw error(error_kind::failed, "it writes without end");
    return true;
  }
}

std::string child_process::read_line(duration most) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(most);
  const std::string late =
      fmt::format("no answer within {:.3g} s: the process was killed", most.count());
  for (;;) {
    if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    if (!read_more(deadline, late, std::size_t{256} << 20))
      throw error(error_kind::failed, how_it_ended());
  }
}

std::string child_process::read_to_end(duration most) {
  using clock = std::chrono::steady_clock;
  const auto deadline = clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(most);
  const std::string late =
      fmt::format("it did not end within {:.3g} s and was killed", most.count());
  input_.reset();
  while (read_more(deadline, late, std::size_t{64} << 20)) {
  }
  if (!wait(deadline - clock::now()) || !WIFEXITED(status_) || WEXITSTATUS(status_) != 0)
    throw error(error_kind::failed, how_it_ended());
  return std::exchange(pending_, {});
}

bool child_process::end(duration most) {
  input_.reset();
  const bool by_itself = wait(most);
  kill_group();
  return by_itself && WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
}

std::string child_process::how_it_ended() {
  if (!wait(std::chrono::seconds(1)))
    return "the process closed its output without an answer" + last_words();
  if (WIFSIGNALED(status_))
    return fmt::format("the process was ended by signal {} (SIG{}){}", WTERMSIG(status_),
                       ::sigabbrev_np(WTERMSIG(status_)), last_words());
  return fmt::format("the process ended with code {} without an answer{}", WEXITSTATUS(status_),
                     last_words());
}

std::string child_process::last_words() const {
  char text[400];
  const off_t size = ::lseek(errors_.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(sizeof text));
  const ssize_t n = ::pread(errors_.get(), text, sizeof text, from);
  if (n <= 0) return {};
  std::string words(text, static_cast<std::size_t>(n));
  while (!words.empty() && words.back() == '\n') words.pop_back();
  if (const std::size_t line = words.rfind('\n'); line != std::string::npos)
    words.erase(0, line + 1);
  return words.empty() ? words : "; it said: " + words;
}

}  // namespace crossover
