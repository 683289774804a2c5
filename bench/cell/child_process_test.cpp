#include "bench/cell/child_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using seconds = child_process::duration;

child_process shell(const std::string& script) { return child_process({"/bin/sh", "-c", script}); }

/// Returns the error message of reading a line from this script's process.
std::string silence(const std::string& script, seconds most = seconds(20)) {
  child_process child = shell(script);
  try {
    return "it said " + child.read_line(most);
  } catch (const error& trouble) {
    EXPECT_EQ(trouble.kind(), error_kind::failed);
    return trouble.what();
  }
}

/// Waits up to 10 s for a process to disappear; returns whether it did.
bool ends(pid_t pid) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST(child_process, lines_go_in_and_come_out) {
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

TEST(child_process, a_program_that_is_not_there_cannot_be_started) {
  try {
    child_process({"no-such-program-here", "cell"});
    FAIL() << "started";
  } catch (const error& trouble) {
    EXPECT_STREQ(trouble.what(), "cannot start 'no-such-program-here': No such file or directory");
  }
}

TEST(child_process, a_crash_is_told_by_its_signal) {
  EXPECT_EQ(silence("kill -SEGV $$"), "the process was ended by signal 11 (SIGSEGV)");
  EXPECT_EQ(silence("echo 'out of luck' >&2; kill -KILL $$"),
            "the process was ended by signal 9 (SIGKILL); it said: out of luck");
}

TEST(child_process, an_exit_is_told_by_its_code_and_last_words) {
  EXPECT_EQ(silence("exit 3"), "the process ended with code 3 without an answer");
  EXPECT_EQ(silence("echo first >&2; echo 'the last line' >&2; echo >&2; exit 0"),
            "the process ended with code 0 without an answer; it said: the last line");
}

TEST(child_process, a_line_that_is_never_ended_is_no_answer) {
  EXPECT_EQ(silence("printf 'half a line'; exit 0"),
            "the process ended with code 0 without an answer");
}

TEST(child_process, a_closed_output_is_no_answer) {
  EXPECT_EQ(silence("exec >&-; sleep 60"), "the process closed its output without an answer");
}

TEST(child_process, silence_is_ended_at_the_deadline) {
  EXPECT_EQ(silence("echo 'still thinking' >&2; sleep 60", seconds(0.2)),
            "no answer within 0.2 s: the process was killed; it said: still thinking");
}

TEST(child_process, what_does_not_read_any_more_cannot_be_written_to) {
  child_process child = shell("exit 4");
  ASSERT_TRUE([&] {
    for (int tries = 0; tries < 1000; ++tries) {
      try {
        child.write_line("anybody there?");
        ::usleep(5000);
      } catch (const error& trouble) {
        EXPECT_STREQ(trouble.what(), "the process ended with code 4 without an answer");
        return true;
      }
    }
    return false;
  }());
}

TEST(child_process, at_the_end_of_input_it_may_end_by_itself) {
  EXPECT_TRUE(shell("cat >/dev/null").end(seconds(20)));
  EXPECT_FALSE(shell("cat >/dev/null; exit 1").end(seconds(20)));
}

TEST(child_process, one_that_will_not_end_is_killed) {
  EXPECT_FALSE(shell("while :; do sleep 60; done").end(seconds(0.1)));
}

TEST(child_process, what_it_forked_dies_with_it) {
  pid_t own = 0, grandchild = 0;
  {
    child_process child = shell("sleep 600 & echo $!; wait");
    own = child.pid();
    grandchild = std::stoi(child.read_line(seconds(20)));
    EXPECT_EQ(::getpgid(own), own) << "it leads a process group of its own";
    EXPECT_EQ(::kill(grandchild, 0), 0);
  }
  EXPECT_TRUE(ends(own));
  EXPECT_TRUE(ends(grandchild));
}

TEST(child_process, what_outlives_it_dies_too) {
  pid_t grandchild = 0;
  {
    child_process child = shell("sleep 600 & echo $!; exit 0");
    grandchild = std::stoi(child.read_line(seconds(20)));
    child.end(seconds(20));
  }
  EXPECT_TRUE(ends(grandchild));
}

TEST(child_process, it_inherits_no_descriptor) {
  child_process first({"cat"});
  child_process second = shell("ls /proc/self/fd | tr '\\n' ' '; echo");
  EXPECT_EQ(second.read_line(seconds(20)), "0 1 2 3 ");  // 3: the directory that ls reads
}

TEST(child_process, a_moved_one_is_still_killed_once) {
  child_process first({"cat"});
  const pid_t pid = first.pid();
  {
    const child_process second(std::move(first));
    EXPECT_EQ(second.pid(), pid);
  }
  EXPECT_TRUE(ends(pid));
}

}  // namespace
}  // namespace crossover
