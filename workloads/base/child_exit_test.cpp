#include "workloads/base/child_exit.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace crossover {
namespace {

using std::chrono_literals::operator""s;

TEST(wait_for_exit, returns_the_exit_status) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(3);
  const std::optional<int> status = wait_for_exit(child, 60s);
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 3);
  EXPECT_FALSE(wait_for_exit(child, 60s).has_value()) << "it has been reaped";
}

TEST(wait_for_exit, returns_nullopt_while_the_child_is_running) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0)
    for (;;) ::pause();
  EXPECT_FALSE(wait_for_exit(child, 0s).has_value());
  ::kill(child, SIGKILL);
  const std::optional<int> status = wait_for_exit(child, 60s);
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(WIFSIGNALED(*status));
  EXPECT_EQ(WTERMSIG(*status), SIGKILL);
}

}  // namespace
}  // namespace crossover
