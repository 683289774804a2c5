#include "tools/check/program_copies.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include "bench/cell/child_process.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// Two programs in a directory of their own.
class program_copies : public testing::Test {
 protected:
  program_copies() {
    std::string directory = (fs::temp_directory_path() / "copies.XXXXXX").string();
    if (::mkdtemp(directory.data()) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = directory;
    fs::copy_file("/bin/readlink", old_program());
    fs::copy_file("/bin/cat", new_program());
  }
  ~program_copies() override {
    ::chmod(directory_.c_str(), 0700);
    fs::remove_all(directory_);
  }

  std::string old_program() const { return directory_ / "old"; }
  std::string new_program() const { return directory_ / "new"; }
  side_links programs() const { return {{{old_program()}, {new_program()}}}; }
  std::string obstacle() const { return program_copier(programs()).obstacle(); }
  copy_pair copies() {
    return program_copier(programs()).copy({old_program(), new_program()}, random_);
  }

  fs::path directory_;
  std::mt19937_64 random_{1};
};

std::string output_of(const std::vector<std::string>& command, int image) {
  return child_process(command, {.image = image}).read_to_end(child_process::duration(20));
}

TEST_F(program_copies, are_started_in_place_of_the_programs) {
  const copy_pair started = copies();
  const std::string self = output_of({"readlink", "/proc/self/exe"}, started[0].get());
  EXPECT_TRUE(self.starts_with(fs::canonical(directory_).string() + "/#")) << self;
  EXPECT_TRUE(self.ends_with(" (deleted)\n")) << self;
  const std::string seen = output_of({"a name", "/proc/self/cmdline"}, started[1].get());
  EXPECT_EQ(seen, std::string("a name\0/proc/self/cmdline\0", 26)) << "it keeps its own first word";
}

TEST_F(program_copies, leave_nothing_in_the_directory) {
  copies();
  EXPECT_EQ(obstacle(), "");
  const auto files = fs::directory_iterator(directory_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST_F(program_copies, are_new_each_time_and_made_in_random_order) {
  std::set<bool> old_is_first;
  for (int block = 0; block < 32; ++block) {
    const copy_pair made = copies();
    struct stat file[2] = {};
    for (const int which : {0, 1}) ASSERT_EQ(::fstat(made[which].get(), &file[which]), 0);
    ASSERT_NE(file[0].st_ino, file[1].st_ino);
    EXPECT_EQ(file[0].st_nlink, 0u);
    old_is_first.insert(made[0].get() < made[1].get());
  }
  EXPECT_EQ(old_is_first.size(), 2u);
}

TEST_F(program_copies, of_a_script_or_a_privileged_program_are_not_made) {
  std::ofstream(new_program()) << "#!/bin/sh\n";
  EXPECT_EQ(obstacle(), new_program() + ": it is a script");
  fs::copy_file("/bin/cat", new_program(), fs::copy_options::overwrite_existing);
  ::chmod(new_program().c_str(), 04755);
  EXPECT_EQ(obstacle(), new_program() + ": it has privileges that a copy would not have");
}

TEST_F(program_copies, are_not_made_if_there_is_an_obstacle) {
  const program_copier copier(programs(), "they run elsewhere");
  const copy_pair none = copier.copy({old_program(), new_program()}, random_);
  EXPECT_FALSE(none[0] || none[1]);
  std::vector<std::string> notes;
  copier.add_note(notes);
  EXPECT_EQ(notes, std::vector<std::string>{"the programs' place in memory is not averaged over: "
                                            "they run elsewhere"});
  program_copier(programs()).add_note(notes);
  EXPECT_EQ(notes.size(), 1u);
}

TEST_F(program_copies, need_a_directory_that_can_be_written) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  ::chmod(directory_.c_str(), 0500);
  EXPECT_EQ(obstacle(), "cannot copy " + old_program() + ": Permission denied");
}

}  // namespace
}  // namespace crossover
