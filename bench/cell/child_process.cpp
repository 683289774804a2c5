#include "bench/cell/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "bench/cell/process_guard.hpp"
#include "workloads/base/child_exit.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

/// A read that takes longer checks this often how much the process has written to standard error.
constexpr std::chrono::duration<double> errors_check_interval(0.25);
constexpr std::chrono::seconds gentle_end(5);
constexpr std::size_t longest_line = std::size_t{256} << 20;

void make_pipe(descriptor& read_end, descriptor& write_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw system_failure(error_kind::resource, "cannot create a pipe", errno);
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
}

/// Returns this process's environment with these variables first, which replace others of the same
/// name.
std::vector<char*> environment_with(std::vector<std::string>& added) {
  std::vector<char*> variables;
  for (std::string& variable : added) variables.push_back(variable.data());
  for (char** inherited = ::environ; *inherited != nullptr; ++inherited) {
    const std::string_view text = *inherited, name = text.substr(0, text.find('=') + 1);
    if (std::none_of(added.begin(), added.end(),
                     [&](const std::string& variable) { return variable.starts_with(name); }))
      variables.push_back(*inherited);
  }
  variables.push_back(nullptr);
  return variables;
}

/// Waits until there is input or its end; returns whether there is.
bool is_readable_within(std::chrono::milliseconds timeout, int fd) {
  pollfd watched{fd, POLLIN, 0};
  int ready = 0;
  do ready = ::poll(&watched, 1, static_cast<int>(timeout.count()));
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

process_failure::process_failure(const std::string& message, std::string stderr_tail)
    : error(error_kind::failed,
            stderr_tail.empty() ? message : message + "; stderr: " + stderr_tail),
      stderr_tail_(std::move(stderr_tail)) {}

child_process::child_process(std::vector<std::string> command, const child_options& options)
    : command_(std::move(command)) {
  descriptor child_input, child_output, exec_error, report_exec_error;
  make_pipe(child_input, input_);
  make_pipe(output_, child_output);
  make_pipe(exec_error, report_exec_error);
  errors_.reset(::memfd_create("standard error", MFD_CLOEXEC));
  std::vector<char*> arguments;
  for (std::string& argument : command_) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  std::vector<std::string> added = options.variables;
  std::vector<char*> variables = environment_with(added);
  std::vector<unsigned long> cpus;  // in the format of sched_setaffinity(2)
  if (options.cpu) {
    const auto bit = static_cast<std::size_t>(*options.cpu);
    constexpr std::size_t bits = 8 * sizeof(unsigned long);
    cpus.resize(bit / bits + 1);
    cpus.back() = 1ul << bit % bits;
  }

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw system_failure(error_kind::resource, "cannot fork", errno);
  if (pid_ == 0) {
    // Only system calls between fork and exec.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, options.ends_gently ? SIGTERM : SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(child_input.get(), 0);
    ::dup2(options.discards_output ? ::open("/dev/null", O_WRONLY) : child_output.get(), 1);
    ::dup2(errors_.get(), 2);
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGXFSZ, SIG_DFL);
    ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    if (cpus.empty() ||
        ::syscall(SYS_sched_setaffinity, 0, cpus.size() * sizeof(unsigned long), cpus.data()) == 0)
      options.image >= 0 ? ::fexecve(options.image, arguments.data(), variables.data())
                         : ::execvpe(arguments[0], arguments.data(), variables.data());
    const int exec_errno = errno;
    (void)!::write(report_exec_error.get(), &exec_errno, sizeof exec_errno);
    ::_exit(127);
  }
  ::setpgid(pid_, pid_);
  is_guarded_ = options.is_guarded;
  ends_gently_ = options.ends_gently;
  if (is_guarded_) guard_group(pid_);
  report_exec_error.reset();
  ::fcntl(input_.get(), F_SETFL, O_NONBLOCK);
  if (!is_readable_within(options.start_timeout, exec_error.get())) {
    kill_group();
    throw error(error_kind::failed,
                fmt::format("cannot start '{}': it was stopped before its program began",
                            command_.front()));
  }
  int exec_errno = 0;
  if (::read(exec_error.get(), &exec_errno, sizeof exec_errno) == sizeof exec_errno) {
    kill_group();
    throw error(error_kind::failed,
                fmt::format("cannot start '{}': {}", command_.front(), std::strerror(exec_errno)));
  }
}

child_process::child_process(child_process&& other) noexcept
    : command_(std::move(other.command_)),
      pid_(std::exchange(other.pid_, -1)),
      is_guarded_(std::exchange(other.is_guarded_, false)),
      ends_gently_(other.ends_gently_),
      reaped_(std::exchange(other.reaped_, true)),
      status_(other.status_),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      pending_(std::move(other.pending_)),
      searched_(other.searched_) {}

child_process::~child_process() { kill_group(); }

bool child_process::wait(duration timeout) {
  if (reaped_) return true;
  const std::optional<int> status = wait_for_exit(pid_, timeout);
  if (!status) return false;
  status_ = *status;
  reaped_ = true;
  return true;
}

void child_process::terminate() {
  if (reaped_) return;
  ::kill(pid_, SIGTERM);
  thaw();
}

void child_process::kill_group() {
  if (pid_ < 0) return;
  if (ends_gently_ && !reaped_) {
    terminate();
    wait(gentle_end);
  }
  ::kill(-pid_, SIGKILL);  // includes descendants that have outlived it
  if (!reaped_) ::waitpid(pid_, &status_, 0);
  reaped_ = true;
  if (std::exchange(is_guarded_, false)) unguard_group(pid_);
}

void child_process::write_line(const std::string& line, duration timeout) {
  const std::string text = line + "\n";
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::size_t done = 0;
  bool is_late = false;
  while (done < text.size() && !is_late) {
    const ssize_t n = ::write(input_.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {  // the pipe is full
      const duration left = deadline - std::chrono::steady_clock::now();
      pollfd writable{input_.get(), POLLOUT, 0};
      is_late = left.count() <= 0;
      if (!is_late) ::poll(&writable, 1, static_cast<int>(left.count() * 1000 + 1));
      continue;
    }
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  ::sigaction(SIGPIPE, &before, nullptr);
  if (is_late) {
    kill_group();
    throw process_failure(
        fmt::format("the process was killed: it read no input for {:.3g} s", timeout.count()),
        stderr_tail());
  }
  if (done < text.size()) throw exit_failure();
}

bool child_process::read_more(time_point deadline, const std::string& late, std::size_t max_bytes) {
  for (;;) {
    if (was_interrupted()) throw interrupted();
    const duration left = deadline - std::chrono::steady_clock::now();
    if (left.count() <= 0) {
      // Its last line before the signal: a launcher reports the signal, too.
      const process_failure failure(is_stopped() ? late + "; it was stopped" : late, stderr_tail());
      kill_group();
      throw failure;
    }
    check_errors();
    pollfd watched[2] = {{output_.get(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    const duration interval = std::min(left, errors_check_interval);
    const int ready = ::poll(watched, 2, static_cast<int>(interval.count() * 1000 + 1));
    if (ready < 0 && errno != EINTR) throw system_failure(error_kind::failed, "poll", errno);
    if (ready <= 0 || (watched[0].revents & (POLLIN | POLLHUP)) == 0) continue;
    return read_arrived(max_bytes);
  }
}

bool child_process::read_arrived(std::size_t max_bytes) {
  char chunk[65536];
  const ssize_t n = ::read(output_.get(), chunk, sizeof chunk);
  if (n == 0) return false;
  if (n > 0) pending_.append(chunk, static_cast<std::size_t>(n));
  if (pending_.size() > max_bytes) {
    kill_group();
    throw process_failure(
        fmt::format("the process was killed: it wrote more than {} MiB", max_bytes >> 20),
        stderr_tail());
  }
  return true;
}

std::optional<std::string> child_process::take_line() {
  const std::size_t end = pending_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = pending_.size();
    return std::nullopt;
  }
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

std::string child_process::read_line(duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() +
                        std::chrono::duration_cast<std::chrono::nanoseconds>(timeout);
  const std::string late =
      fmt::format("the process was killed: no reply within {:.3g} s", timeout.count());
  for (;;) {
    if (std::optional<std::string> line = take_line()) return std::move(*line);
    if (!read_more(deadline, late, longest_line)) throw exit_failure();
  }
}

std::optional<std::string> child_process::arrived_line() {
  for (;;) {
    if (std::optional<std::string> line = take_line()) return line;
    pollfd output{output_.get(), POLLIN, 0};
    if (::poll(&output, 1, 0) <= 0) return std::nullopt;
    check_errors();
    if (!read_arrived(longest_line)) throw exit_failure();
  }
}

std::string child_process::read_to_end(duration timeout) {
  using clock = std::chrono::steady_clock;
  const auto deadline =
      clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(timeout);
  const std::string late =
      fmt::format("the process was killed: it did not exit within {:.3g} s", timeout.count());
  input_.reset();
  while (read_more(deadline, late, std::size_t{64} << 20)) {
  }
  if (!wait(deadline - clock::now()) || !has_succeeded()) throw exit_failure();
  return std::exchange(pending_, {});
}

bool child_process::end(duration timeout, int max_interrupts) {
  input_.reset();
  if (!reaped_) thaw();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!wait(std::chrono::milliseconds(20)) && interrupts() < max_interrupts &&
         std::chrono::steady_clock::now() < deadline) {
  }
  const bool has_exited = reaped_;
  kill_group();
  return has_exited && has_succeeded();
}

bool child_process::is_stopped() const {
  siginfo_t stopped{};
  return !reaped_ &&
         ::waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
         stopped.si_pid == pid_;
}

bool child_process::has_succeeded() const {
  return reaped_ && WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
}

process_failure child_process::exit_failure() {
  if (!wait(std::chrono::seconds(1)))
    return {"the process closed its output without replying", stderr_tail()};
  if (WIFSIGNALED(status_))
    return {"the process " + describe_exit(CLD_KILLED, WTERMSIG(status_)), stderr_tail()};
  return {fmt::format("the process {} without replying",
                      describe_exit(CLD_EXITED, WEXITSTATUS(status_))),
          stderr_tail()};
}

/// Kills a process that floods its standard error, which is kept in memory.
void child_process::check_errors() {
  constexpr off_t max_bytes = off_t{64} << 20;
  struct stat errors {};
  if (::fstat(errors_.get(), &errors) != 0 || errors.st_size <= max_bytes) return;
  kill_group();
  throw process_failure(
      fmt::format("the process was killed: it wrote more than {} MiB to standard error",
                  max_bytes >> 20),
      stderr_tail());
}

std::string child_process::stderr_tail() const { return last_line(errors_.get()); }

}  // namespace crossover
