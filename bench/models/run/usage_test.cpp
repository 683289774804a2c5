#include "bench/models/run/usage.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

namespace crossover {
namespace {

TEST(tree_memory, includes_what_has_been_given_back) {
  constexpr std::size_t bytes = 64 << 20;
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, bytes);
  ::munmap(memory, bytes);
  EXPECT_GE(tree_memory_bytes({}), resident_bytes() + bytes / 2);
}

}  // namespace
}  // namespace crossover
