#include "workloads/servers/server_directory.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
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

}  // namespace
}  // namespace crossover
