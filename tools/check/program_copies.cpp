#include "tools/check/program_copies.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Returns a read-only descriptor of a nameless copy of the file. Throws `error` (resource).
descriptor copy_of(const std::string& program) {
  const auto failure = [&] {
    return system_failure(error_kind::resource, "cannot copy " + program, errno);
  };
  const descriptor original(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat file {};
  if (!original || ::fstat(original.get(), &file) != 0) throw failure();
  std::error_code ignored;
  const auto directory = std::filesystem::canonical(program, ignored).parent_path();
  descriptor written(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0700));
  if (!written) throw failure();
  for (off_t left = file.st_size; left > 0;) {
    const ssize_t count =
        ::sendfile(written.get(), original.get(), nullptr, static_cast<std::size_t>(left));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = EIO;  // the file has become shorter
    if (count <= 0) throw failure();
    left -= count;
  }
  // A file that is open for writing cannot be executed.
  descriptor copy(
      ::open(fmt::format("/proc/self/fd/{}", written.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!copy) throw failure();
  return copy;
}

/// Returns why a copy of this program cannot be started, or "".
std::string obstacle_of(const std::string& program) {
  char begin[4] = {};
  struct stat file {};
  const descriptor opened(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened || ::fstat(opened.get(), &file) != 0) return std::strerror(errno);
  if (::read(opened.get(), begin, sizeof begin) != sizeof begin ||
      std::string_view(begin, sizeof begin) !=
          "\x7f"
          "ELF")
    return "it is a script";
  if ((file.st_mode & (S_ISUID | S_ISGID)) != 0 ||
      ::fgetxattr(opened.get(), "security.capability", nullptr, 0) >= 0)
    return "it has privileges that a copy would not have";
  try {
    copy_of(program);
  } catch (const error& e) {
    return e.what();
  }
  return {};
}

}  // namespace

program_copier::program_copier(const side_links& programs, std::string obstacle)
    : obstacle_(std::move(obstacle)) {
  for (const std::vector<std::string>& side : programs)
    for (const std::string& program : side) {
      if (!obstacle_.empty()) return;
      obstacle_ = obstacle_of(program);
      if (!obstacle_.empty() && obstacle_.find(program) == std::string::npos)
        obstacle_ = fmt::format("{}: {}", program, obstacle_);
    }
}

copy_pair program_copier::copy(const std::array<std::string, 2>& programs,
                               std::mt19937_64& random) const {
  copy_pair copies;
  if (!obstacle_.empty()) return copies;
  const std::size_t first = random() % 2;
  for (const std::size_t which : {first, 1 - first}) copies[which] = copy_of(programs[which]);
  return copies;
}

void program_copier::add_note(std::vector<std::string>& notes) const {
  if (!obstacle_.empty())
    notes.push_back("the programs' place in memory is not averaged over: " + obstacle_);
}

}  // namespace crossover
