#include <unistd.h>

#include <climits>
#include <filesystem>

#include "tools/commands.hpp"

namespace crossover {

namespace {

std::string name = "crossover", cells;

}  // namespace

void set_program(const std::string& program, const std::string& cells_directory) {
  name = program;
  cells = cells_directory;
}

const std::string& program_name() { return name; }

std::string executable_path() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : "crossover";
}

std::string cells_directory() {
  if (!cells.empty()) return cells;
  const std::filesystem::path here = std::filesystem::path(executable_path()).parent_path();
  std::error_code ignored;
  const bool is_build = std::filesystem::exists(here / "cells", ignored);
  return (here / (is_build ? "cells" : CROSSOVER_INSTALLED_CELLS)).lexically_normal().string();
}

}  // namespace crossover
