#include "workloads/base/atomic_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

class atomic_file : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directory(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  std::string content() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::ptrdiff_t file_count() const {
    return std::distance(fs::directory_iterator(directory_), fs::directory_iterator());
  }

  const fs::path directory_ =
      fs::path(::testing::TempDir()) / ("crossover_atomic_file." + std::to_string(::getpid()));
  const fs::path file_ = directory_ / "out.json";
};

TEST_F(atomic_file, replaces_the_old_content) {
  write_atomically(file_, "old content, the longer one");
  write_atomically(file_, "new content");
  EXPECT_EQ(content(), "new content");
  EXPECT_EQ(file_count(), 1);
}

TEST_F(atomic_file, failed_write_keeps_the_old_content_and_leaves_no_temporary_file) {
  write_atomically(file_, "old content");
  // A file size limit simulates a full disk: the write fails part way.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message;
  try {
    write_atomically(file_, std::string(100'000, 'x'));
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::unwritable);
    message = e.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(message, file_.string() + ": cannot be written: File too large");
  EXPECT_EQ(content(), "old content");
  EXPECT_EQ(file_count(), 1);
}

TEST_F(atomic_file, check_reports_an_unwritable_path_and_leaves_no_file) {
  const auto problem = [](const fs::path& path) -> std::string {
    try {
      check_writable(path);
      return "";
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::unwritable);
      return e.what();
    }
  };
  EXPECT_EQ(problem(file_), "");
  EXPECT_EQ(file_count(), 0);
  const fs::path absent = directory_ / "no" / "such.json";
  EXPECT_EQ(problem(absent), absent.string() + ": cannot be written: No such file or directory");
  EXPECT_EQ(problem(directory_), directory_.string() + ": is a directory; name a file");
  EXPECT_THROW(write_atomically(absent, "x"), error);
}

TEST_F(atomic_file, new_files_get_unused_names) {
  std::ofstream(directory_ / "out.1.json") << "another program's";
  EXPECT_EQ(write_new(file_, "first"), file_);
  EXPECT_EQ(write_new(file_, "second"), directory_ / "out.2.json");
  EXPECT_EQ(content(), "first");
  EXPECT_EQ(file_count(), 3);
  EXPECT_EQ(write_new("/dev/null", "nothing"), "/dev/null");
  EXPECT_THROW(write_new(directory_, "x"), error);
}

TEST_F(atomic_file, processes_that_start_together_get_different_names) {
  for (int i = 0; i < 20; ++i)
    if (::fork() == 0) ::_exit(write_new(file_, "text").empty() ? 1 : 0);
  for (int i = 0; i < 20; ++i) {
    int status = 1;
    ::wait(&status);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(file_count(), 20);
}

TEST_F(atomic_file, temporary_files_of_killed_writers_are_removed) {
  const std::string mark = ".crossover-12345678.tmp";
  const fs::path abandoned = file_.string() + mark;
  const fs::path numbered = directory_ / ("out.7.json" + mark);
  const fs::path other = directory_ / ("another.json" + mark);
  const fs::path used = file_.string() + ".crossover-87654321.tmp";
  for (const fs::path& file : {abandoned, numbered, other, used}) std::ofstream(file) << "half";
  const int writer = ::open(used.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(writer, LOCK_EX), 0);
  check_writable(file_);
  EXPECT_FALSE(fs::exists(abandoned));
  EXPECT_FALSE(fs::exists(numbered));
  EXPECT_TRUE(fs::exists(other)) << "the temporary file of another output";
  EXPECT_TRUE(fs::exists(used)) << "the temporary file of a live writer";
  ::close(writer);
  check_writable(file_);
  EXPECT_FALSE(fs::exists(used));
}

}  // namespace
}  // namespace crossover
