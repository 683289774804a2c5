#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "tools/fuzzing/target.hpp"
#include "workloads/base/atomic_file.hpp"

namespace crossover {

/// Names the target in the names of tests.
void PrintTo(const fuzz_target& target, std::ostream* out) { *out << target.name; }

namespace {

namespace fs = std::filesystem;

/// Returns the kept inputs of a target: examples of the format, and cases that once failed.
std::vector<fs::path> kept_inputs(std::string_view target) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(CROSSOVER_FUZZ_CORPUS) / target))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class fuzz_replay : public ::testing::TestWithParam<fuzz_target> {};

TEST_P(fuzz_replay, properties_hold_for_every_kept_input) {
  const std::vector<fs::path> files = kept_inputs(GetParam().name);
  EXPECT_GE(files.size(), 3u) << "a fuzzer needs examples of the format";
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.string());
    EXPECT_NO_THROW(GetParam().run(read_file(file.string())));
  }
}

INSTANTIATE_TEST_SUITE_P(targets, fuzz_replay, ::testing::ValuesIn(all_fuzz_targets()),
                         [](const auto& target) { return std::string(target.param.name); });

TEST(fuzz_targets, each_folder_of_kept_inputs_belongs_to_a_target) {
  for (const auto& entry : fs::directory_iterator(CROSSOVER_FUZZ_CORPUS))
    EXPECT_NO_THROW(find_fuzz_target(entry.path().filename().string())) << entry.path();
}

}  // namespace
}  // namespace crossover
