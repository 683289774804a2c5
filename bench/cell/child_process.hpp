#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "workloads/base/error.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

/// A child process ended, did not reply in time, or stopped reading. `what()` includes
/// `stderr_tail`.
class process_failure : public error {
 public:
  process_failure(const std::string& message, std::string stderr_tail);
  /// Returns the last line of the process's standard error, or "".
  const std::string& stderr_tail() const { return stderr_tail_; }

 private:
  std::string stderr_tail_;
};

struct child_options {
  bool discards_output = false;  ///< its standard output is /dev/null
  std::optional<int> cpu = {};   ///< the only CPU of the process and of all that it starts
  std::vector<std::string> variables = {};  ///< "NAME=VALUE": added to its environment
  /// Descriptor of the file to execute; -1: the first word of the command names it, by path or to
  /// be searched for. The process sees the first word in either case.
  int image = -1;
  bool is_guarded = false;  ///< its whole group is killed if this process is
  /// It owns something elsewhere, which it frees after SIGTERM: it gets that signal, also when this
  /// process ends, and is killed only if it is still there 5 s later.
  bool ends_gently = false;
  /// Maximum time from fork to exec. Another program may stop the process in between.
  std::chrono::milliseconds start_timeout = std::chrono::seconds(30);
};

/// A child process that exchanges lines with this one. Its standard input and output are pipes; its
/// standard error is kept for error messages. It leads its own process group: a Ctrl-C at the
/// terminal reaches it only through this process, and everything that it forks is killed with it.
/// It also dies when this process does. Started with exec, it inherits no thread and no descriptor.
class child_process {
 public:
  using duration = std::chrono::duration<double>;

  /// Throws `error` if the program cannot be started.
  explicit child_process(std::vector<std::string> command, const child_options& options = {});
  /// Kills the process group and waits for the process.
  ~child_process();
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;

  pid_t pid() const { return pid_; }

  /// Writes a line to its input. Throws `process_failure` if the process has ended or does not read
  /// the line within `timeout`.
  void write_line(const std::string& line, duration timeout = std::chrono::minutes(1));
  /// Returns the next line of its output. Throws `process_failure` if the process ends or sends no
  /// line within `timeout`, and `interrupted`.
  std::string read_line(duration timeout);
  /// Returns the next line of its output if one has arrived; does not wait. Throws
  /// `process_failure` at the end of output.
  std::optional<std::string> arrived_line();
  /// Readable when there is output or its end.
  int output_descriptor() const { return output_.get(); }
  /// Closes its input.
  void close_input() { input_.reset(); }
  /// Closes its input, continues it if it is stopped, waits up to `timeout` or `max_interrupts` for
  /// it to exit, then kills it. Returns whether it exited by itself with code 0.
  bool end(duration timeout, int max_interrupts = 1);
  /// Closes its input and returns its remaining output. Throws `process_failure` if it exits with a
  /// code other than 0, writes more than 64 MiB or runs longer than `timeout`, and `interrupted`.
  std::string read_to_end(duration timeout);

  /// Stops the process group (SIGSTOP). It can still be killed.
  void freeze() { ::kill(-pid_, SIGSTOP); }
  /// Continues the process group (SIGCONT).
  void thaw() { ::kill(-pid_, SIGCONT); }
  /// Waits up to `timeout` for the process to exit; returns whether it has.
  bool wait(duration timeout);
  /// Returns whether a signal has stopped it.
  bool is_stopped() const;
  /// Returns whether it has exited by itself with code 0.
  bool has_succeeded() const;
  /// Sends SIGTERM to the process, and continues it if it is stopped.
  void terminate();
  /// Kills the process group and waits for the process.
  void kill_group();
  /// The error for a process that ended, or is about to, without the expected output.
  process_failure exit_failure();
  /// Returns the last line of its standard error, or "".
  std::string stderr_tail() const;

 private:
  using time_point = std::chrono::steady_clock::time_point;
  /// Waits for output and appends it to `pending_`; returns false at end of output. After the
  /// deadline, kills the process and throws with the message `late`.
  bool read_more(time_point deadline, const std::string& late, std::size_t max_bytes);
  /// Reads output that has arrived; returns false at end of output.
  bool read_arrived(std::size_t max_bytes);
  /// Removes a whole line from `pending_`.
  std::optional<std::string> take_line();
  void check_errors();

  std::vector<std::string> command_;
  pid_t pid_ = -1;
  bool is_guarded_ = false, ends_gently_ = false;
  bool reaped_ = false;
  int status_ = 0;
  descriptor input_, output_, errors_;
  std::string pending_;
  std::size_t searched_ = 0;  ///< bytes of `pending_` without the end of a line
};

}  // namespace crossover
