#include "workloads/servers/server_directory.hpp"

#include <gtest/gtest.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
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

// initdb's server writes its process id as a negative number.
TEST(server_directory, the_shared_memory_of_a_killed_postgresql_is_removed) {
  for (const int sign : {1, -1}) {
    int segment = -1;
    {
      const server_directory directory;
      const fs::path data = fs::path(directory.path()) / "data";
      fs::create_directory(data);
      const pid_t killed = ::fork();
      if (killed == 0) {
        segment = ::shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
        std::ofstream(data / "postmaster.pid")
            << sign * ::getpid() << "\n/data\n1795000000\n5432\n/socket\n\n  12345  " << segment
            << '\n';
        ::_exit(0);
      }
      ASSERT_GT(killed, 0);
      ::waitpid(killed, nullptr, 0);
      std::ifstream in(data / "postmaster.pid");
      std::string word;
      while (in >> word) segment = std::atoi(word.c_str());
      shmid_ds info{};
      ASSERT_EQ(::shmctl(segment, IPC_STAT, &info), 0);
    }
    shmid_ds info{};
    EXPECT_NE(::shmctl(segment, IPC_STAT, &info), 0) << sign;
  }
}

}  // namespace
}  // namespace crossover
