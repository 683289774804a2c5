#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tools/fuzzing/target.hpp"

// The entry points of libFuzzer. Its own flags have one dash; the program adds `--target=NAME`.

namespace {

const crossover::fuzz_target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view flag = "--target=";
  try {
    for (int i = 1; i < *count; ++i)
      if (const std::string_view argument = (*arguments)[i]; argument.starts_with(flag))
        chosen = &crossover::find_fuzz_target(argument.substr(flag.size()));
    if (chosen == nullptr) crossover::find_fuzz_target("");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    std::exit(64);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
