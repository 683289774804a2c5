#include "bench/cell/child_process.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using seconds = child_process::duration;

child_process shell(const std::string& script) { return child_process({"/bin/sh", "-c", script}); }

/// Returns the error message of reading a line from this script's process.
std::string read_failure(const std::string& script, seconds timeout = seconds(20)) {
  child_process child = shell(script);
  try {
    return "read " + child.read_line(timeout);
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::failed);
    return e.what();
  }
}

/// Waits up to 10 s for a process to disappear; returns whether it did.
bool disappears(pid_t pid) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST(child_process, exchanges_lines) {
  child_process cat({"cat"});
  const std::string long_line(300'000, 'x');  // more than a pipe holds
  cat.write_line("one");
  EXPECT_EQ(cat.read_line(seconds(20)), "one");
  cat.write_line("two\nthree");
  EXPECT_EQ(cat.read_line(seconds(20)), "two");
  EXPECT_EQ(cat.read_line(seconds(20)), "three");
  EXPECT_TRUE(cat.end(seconds(20)));
  child_process talker = shell("head -c 300000 /dev/zero | tr '\\0' x; echo");
  EXPECT_EQ(talker.read_line(seconds(20)), long_line);
}

TEST(child_process, options_bind_it_to_a_cpu_and_discard_its_output) {
  cpu_set_t usable;
  ASSERT_EQ(::sched_getaffinity(0, sizeof usable, &usable), 0);
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &usable)) --last;
  child_process bound({"grep", "Cpus_allowed_list", "/proc/self/status"}, {.cpu = last});
  EXPECT_EQ(bound.read_to_end(seconds(20)), "Cpus_allowed_list:\t" + std::to_string(last) + "\n");
  child_process silent({"/bin/sh", "-c", "echo text"}, {.discards_output = true});
  EXPECT_EQ(silent.read_to_end(seconds(20)), "");
}

TEST(child_process, missing_program_cannot_be_started) {
  try {
    child_process({"no-such-program-here", "cell"});
    FAIL() << "started";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "cannot start 'no-such-program-here': No such file or directory");
  }
}

TEST(child_process, one_that_is_stopped_before_its_program_begins_is_killed) {
  static bool stops = false;
  const auto stop = [] {
    if (stops) ::raise(SIGSTOP);
  };
  ASSERT_EQ(::pthread_atfork(nullptr, nullptr, stop), 0) << "runs in the child after each fork";
  stops = true;
  try {
    child_process({"true"}, {.start_timeout = std::chrono::milliseconds(50)});
    ADD_FAILURE() << "started";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "cannot start 'true': it was stopped before its program began");
  }
  stops = false;
  EXPECT_TRUE(child_process({"true"}).end(seconds(20)));
}

TEST(child_process, a_crash_reports_the_signal) {
  EXPECT_EQ(read_failure("kill -SEGV $$"), "the process was killed by signal 11 (SIGSEGV)");
  EXPECT_EQ(read_failure("echo 'out of luck' >&2; kill -KILL $$"),
            "the process was killed by signal 9 (SIGKILL); stderr: out of luck");
}

TEST(child_process, an_exit_reports_the_code_and_the_end_of_stderr) {
  EXPECT_EQ(read_failure("exit 3"), "the process exited with code 3 without replying");
  EXPECT_EQ(read_failure("echo first >&2; echo 'the last line' >&2; echo >&2; exit 0"),
            "the process exited with code 0 without replying; stderr: the last line");
}

TEST(child_process, a_failure_carries_the_end_of_stderr) {
  child_process child = shell("echo 'out of luck' >&2; exit 1");
  try {
    child.read_line(seconds(20));
    FAIL() << "read a line";
  } catch (const process_failure& e) {
    EXPECT_EQ(e.stderr_tail(), "out of luck");
  }
}

TEST(child_process, an_incomplete_line_is_not_a_reply) {
  EXPECT_EQ(read_failure("printf 'half a line'; exit 0"),
            "the process exited with code 0 without replying");
}

TEST(child_process, a_closed_output_is_an_error) {
  EXPECT_EQ(read_failure("exec >&-; sleep 60"), "the process closed its output without replying");
}

TEST(child_process, a_silent_process_is_killed_at_the_timeout) {
  EXPECT_EQ(read_failure("echo 'still thinking' >&2; sleep 60", seconds(0.2)),
            "the process was killed: no reply within 0.2 s; stderr: still thinking");
}

TEST(child_process, write_fails_once_the_child_stops_reading) {
  child_process child = shell("exit 4");
  ASSERT_TRUE([&] {
    for (int tries = 0; tries < 1000; ++tries) {
      try {
        child.write_line("hello");
        ::usleep(5000);
      } catch (const error& e) {
        EXPECT_STREQ(e.what(), "the process exited with code 4 without replying");
        return true;
      }
    }
    return false;
  }());
}

TEST(child_process, end_reports_the_exit_code) {
  EXPECT_TRUE(shell("cat >/dev/null").end(seconds(20)));
  EXPECT_FALSE(shell("cat >/dev/null; exit 1").end(seconds(20)));
}

TEST(child_process, end_kills_a_process_that_does_not_exit) {
  EXPECT_FALSE(shell("while :; do sleep 60; done").end(seconds(0.1)));
}

TEST(child_process, destructor_kills_descendants) {
  pid_t leader = 0, grandchild = 0;
  {
    child_process child = shell("sleep 600 & echo $!; wait");
    leader = child.pid();
    grandchild = std::stoi(child.read_line(seconds(20)));
    EXPECT_EQ(::getpgid(leader), leader) << "it leads its own process group";
    EXPECT_EQ(::kill(grandchild, 0), 0);
  }
  EXPECT_TRUE(disappears(leader));
  EXPECT_TRUE(disappears(grandchild));
}

TEST(child_process, destructor_kills_descendants_of_an_exited_process) {
  pid_t grandchild = 0;
  {
    child_process child = shell("sleep 600 & echo $!; exit 0");
    grandchild = std::stoi(child.read_line(seconds(20)));
    child.end(seconds(20));
  }
  EXPECT_TRUE(disappears(grandchild));
}

TEST(child_process, inherits_no_ignored_signal) {
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
  const std::string line = shell("grep SigIgn /proc/self/status").read_line(seconds(20));
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
  const std::uint64_t ignored = std::stoull(line.substr(line.find('\t')), nullptr, 16);
  for (const int signal : {SIGPIPE, SIGXFSZ})
    EXPECT_EQ(ignored >> (signal - 1) & 1, 0U) << signal << " in " << line;
}

TEST(child_process, inherits_no_descriptor) {
  child_process first({"cat"});
  child_process second = shell("ls /proc/self/fd | tr '\\n' ' '; echo");
  EXPECT_EQ(second.read_line(seconds(20)), "0 1 2 3 ");  // 3: the directory that ls reads
}

TEST(child_process, a_moved_process_is_killed_once) {
  child_process first({"cat"});
  const pid_t pid = first.pid();
  {
    const child_process second(std::move(first));
    EXPECT_EQ(second.pid(), pid);
  }
  EXPECT_TRUE(disappears(pid));
}

TEST(child_process, lines_that_have_arrived_are_read_without_waiting) {
  child_process child = shell("read a; echo $a; echo half; printf rest; read b; echo; exit 3");
  EXPECT_EQ(child.arrived_line(), std::nullopt);
  child.write_line("one");
  std::vector<std::string> lines;
  while (lines.size() < 2)
    if (const auto line = child.arrived_line()) lines.push_back(*line);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "half"}));
  EXPECT_EQ(child.arrived_line(), std::nullopt) << "the line has no end yet";
  child.write_line("two");
  EXPECT_EQ(child.read_line(seconds(20)), "rest");
  ASSERT_TRUE(child.wait(seconds(20)));
  EXPECT_THROW(child.arrived_line(), process_failure);
}

TEST(child_process, a_line_that_is_not_read_fails_after_the_timeout) {
  child_process child({"sleep", "1000"});
  const std::string more_than_a_pipe_holds(300'000, 'x');
  EXPECT_THROW(child.write_line(more_than_a_pipe_holds, seconds(0.1)), process_failure);
  EXPECT_TRUE(disappears(child.pid()));
}

TEST(child_process, one_that_ends_gently_frees_what_it_owns) {
  char file[] = "/tmp/crossover.gentle.XXXXXX";
  ::close(::mkstemp(file));
  for (const bool is_stopped : {false, true}) {
    ASSERT_EQ(::truncate(file, 0), 0);
    {
      child_process child({"/bin/sh", "-c",
                           std::string("trap 'echo freed >") + file + "; exit' TERM; echo; " +
                               "while :; do sleep 0.01; done"},
                          {.ends_gently = true});
      child.read_line(seconds(20));
      if (is_stopped) child.freeze();
    }
    struct stat status {};
    ASSERT_EQ(::stat(file, &status), 0);
    EXPECT_EQ(status.st_size, 6) << is_stopped;
  }
  ::unlink(file);
}

}  // namespace
}  // namespace crossover
