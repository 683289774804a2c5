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
  /// Returns why the file cannot be locked; "" if it can.
  std::string refusal() const {
    try {
      lock_to_replace(file_);
      return "";
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::unwritable);
      return e.what();
    }
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
  EXPECT_EQ(write_new(file_, "first").name, file_);
  EXPECT_EQ(write_new(file_, "second").name, directory_ / "out.2.json");
  EXPECT_EQ(content(), "first");
  EXPECT_EQ(file_count(), 3);
  EXPECT_EQ(write_new("/dev/null", "nothing").name, "/dev/null");
  EXPECT_THROW(write_new(directory_, "x"), error);
}

TEST_F(atomic_file, processes_that_start_together_get_different_names) {
  for (int i = 0; i < 20; ++i)
    if (::fork() == 0) ::_exit(write_new(file_, "text").name.empty() ? 1 : 0);
  for (int i = 0; i < 20; ++i) {
    int status = 1;
    ::wait(&status);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(file_count(), 20);
}

TEST_F(atomic_file, a_locked_file_names_its_writer) {
  EXPECT_EQ(lock_to_replace(file_), nullptr) << "no such file";
  EXPECT_EQ(lock_to_replace("/dev/null"), nullptr);
  new_file created = write_new(file_, "first");
  const auto message = [this](const std::string& writer) {
    return file_.string() + ": being written by " + writer + "; wait until it ends";
  };
  const std::string visible = message("process " + std::to_string(::getpid()));
  EXPECT_TRUE(refusal() == visible || refusal() == message("another process")) << refusal();
  file_lock lock = write_atomically(file_, "second");
  created.lock.reset();
  EXPECT_NE(refusal(), "") << "the new content is locked";
  lock.reset();
  lock = lock_to_replace(file_);
  EXPECT_NE(refusal(), "");
  lock.reset();
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(file_count(), 1);
}

TEST_F(atomic_file, a_file_is_locked_while_its_writer_replaces_it_and_lives) {
  file_lock lock = write_atomically(file_, "first");
  const pid_t writer = ::fork();
  if (writer == 0) {
    for (int i = 0; i < 50; ++i) lock = write_atomically(file_, "next");
    lock = write_atomically(file_, "last");
    for (;;) ::pause();
  }
  lock.reset();
  while (content() != "last" && ::waitpid(writer, nullptr, WNOHANG) == 0) EXPECT_NE(refusal(), "");
  EXPECT_NE(refusal(), "");
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  EXPECT_EQ(refusal(), "");
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
