#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "workloads/endpoint.hpp"

namespace crossover {

/// A child process with which this one exchanges lines: its standard input and output are pipes,
/// its standard error is kept for error messages. It leads its own process group, so a Ctrl-C at
/// the terminal reaches it only through this process, and everything that it forks is killed with
/// it. It also dies when this process does. It is started with exec and inherits no thread and no
/// descriptor.
class child_process {
 public:
  using duration = std::chrono::duration<double>;

  /// Throws `error` (failed) if the program cannot be started.
  explicit child_process(std::vector<std::string> command);
  /// Kills the process group and waits for the process.
  ~child_process();
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;

  pid_t pid() const { return pid_; }

  /// Writes a line to its input. Throws `error` (failed) if the process has stopped reading.
  void write_line(const std::string& line);
  /// Returns the next line of its output. Throws `error` (failed) if the process ends or sends no
  /// line within `timeout`, and `interrupted`.
  std::string read_line(duration most);
  /// Closes its input, waits up to `timeout` for it to exit, then kills it. Returns whether it
  /// exited by itself with code 0.
  bool end(duration most);
  /// Closes its input and returns its remaining output. Throws `error` (failed) if it exits with a
  /// code other than 0, writes more than 64 MiB or runs longer than `timeout`, and `interrupted`.
  std::string read_to_end(duration most);

 private:
  using time_point = std::chrono::steady_clock::time_point;
  /// Waits for output and appends it to `pending_`; returns false at end of output. After the
  /// deadline, kills the process and throws with the message `late`.
  bool read_more(time_point deadline, const std::string& late, std::size_t most_bytes);
  /// Waits up to `timeout` for the process to exit; returns whether it has.
  bool wait(duration timeout);
  void kill_group();
  std::string how_it_ended();
  std::string last_words() const;

  std::vector<std::string> command_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  int status_ = 0;
  descriptor input_, output_, errors_;
  std::string pending_;
};

}  // namespace crossover
