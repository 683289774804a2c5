#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "workloads/endpoint.hpp"

namespace crossover {

/// A program that we started and talk to in lines: its standard input and output are pipes, its
/// standard error is kept for error messages. It leads a process group of its own, so that a Ctrl-C
/// at the terminal reaches it only through us and all that it forks dies with it; it also dies when
/// this process does. Started by exec, so it inherits no thread and no descriptor.
class child_process {
 public:
  using duration = std::chrono::duration<double>;

  /// Throws `error` (failed) when the program cannot be started.
  explicit child_process(std::vector<std::string> command);
  /// Kills the group and waits for it.
  ~child_process();
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;

  pid_t pid() const { return pid_; }

  /// Throws `error` (failed) when the process does not read.
  void write_line(const std::string& line);
  /// The next line of its output. Throws `error` (failed) when it ended or stayed silent for
  /// `most`, and `interrupted`.
  std::string read_line(duration most);
  /// Closes its input and waits for its end, at most `most`; then kills it. Whether it ended by
  /// itself with code 0.
  bool end(duration most);
  /// All that it writes until it has ended. Throws `error` (failed) where it did not end with code
  /// 0, wrote over 64 MiB or took longer than `most`, and `interrupted`.
  std::string read_to_end(duration most);

 private:
  using time_point = std::chrono::steady_clock::time_point;
  /// Reads what it has written, once, or waits for it; false at the end of its output. Past the
  /// deadline, says so in `late` and kills it.
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
