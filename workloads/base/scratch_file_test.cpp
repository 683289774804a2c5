#include "workloads/base/scratch_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

class scratch_files : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directory(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  const fs::path directory_ =
      fs::path(::testing::TempDir()) / ("crossover_scratch." + std::to_string(::getpid()));
};

TEST_F(scratch_files, texts_are_read_at_their_offsets) {
  scratch_file file(directory_);
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(file.append("one"), 0u);
  EXPECT_EQ(file.append(large), 3u);
  EXPECT_EQ(file.append("two"), 3u + large.size());
  EXPECT_EQ(file.read(0, 3), "one");
  EXPECT_EQ(file.read(3, large.size()), large);
  EXPECT_EQ(file.read(3 + large.size(), 3), "two");
  EXPECT_TRUE(fs::is_empty(directory_)) << "it has no name";
  EXPECT_THROW(file.read(3, large.size() + 4), error) << "beyond the end";
}

TEST_F(scratch_files, without_a_directory_there_is_no_room) {
  EXPECT_FALSE(scratch_file(directory_ / "missing").append("one"));
}

TEST_F(scratch_files, text_that_does_not_fit_changes_nothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10, 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    scratch_file file(directory_);
    const bool is_as_expected = file.append("12345678") == 0u && !file.append("too much") &&
                                file.append("9") == 8u && file.read(7, 2) == "89";
    ::_exit(is_as_expected ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace crossover
