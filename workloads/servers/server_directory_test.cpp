#include "workloads/servers/server_directory.hpp"

#include <gtest/gtest.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

namespace crossover {
namespace {

namespace fs = std::filesystem;

TEST(server_directory, is_private_and_ends_with_its_owner) {
  fs::path path;
  {
    const server_directory directory;
    path = directory.path();
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    std::ofstream(path / "file") << "content";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(server_directory, another_run_never_removes_it_while_it_is_in_use) {
  std::atomic<bool> ended = false;
  std::thread other([&] {
    while (!ended) remove_abandoned_directories();
  });
  int removed = 0;
  for (int i = 0; i < 1000; ++i) {
    const server_directory directory;
    std::ofstream(directory.path() + "/file") << i;
    std::this_thread::yield();
    removed += fs::exists(directory.path() + "/file") ? 0 : 1;
  }
  ended = true;
  other.join();
  EXPECT_EQ(removed, 0);
}

TEST(server_directory, ends_when_no_process_works_in_it) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  auto directory = std::make_unique<server_directory>();
  const std::string path = directory->path();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_there = ::chdir(path.c_str()) == 0;
    (void)!::write(pipe_ends[1], "", 1);
    ::usleep(200'000);
    ::_exit(is_there && fs::exists(path) ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(pipe_ends[0], &byte, 1), 1);
  std::thread reaper([&] {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << "the directory was removed before its process ended";
  });
  directory.reset();
  reaper.join();
  EXPECT_FALSE(fs::exists(path));
  for (const int end : pipe_ends) ::close(end);
}

// initdb's server writes its process id as a negative number.
TEST(server_directory, the_shared_memory_of_a_killed_postgresql_is_removed) {
  for (const int sign : {1, -1}) {
    const int segment = ::shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
    ASSERT_GE(segment, 0);
    {
      const server_directory directory;
      const fs::path data = fs::path(directory.path()) / "data";
      fs::create_directory(data);
      std::ofstream(data / "postmaster.pid")
          << sign * ::getpid() << "\n/data\n1795000000\n5432\n/socket\n\n  12345  " << segment
          << '\n';
    }
    shmid_ds info{};
    EXPECT_NE(::shmctl(segment, IPC_STAT, &info), 0) << sign;
  }
}

}  // namespace
}  // namespace crossover
