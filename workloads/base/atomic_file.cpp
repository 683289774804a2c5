#include "workloads/base/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// A new file beside `target`. The destructor removes it unless it has replaced the target.
class replacement_file {
 public:
  explicit replacement_file(const std::filesystem::path& target)
      : target_(target.string()), path_(fmt::format("{}.{}.tmp", target_, ::getpid())) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd_ < 0) fail("cannot be written");
  }
  ~replacement_file() {
    if (fd_ >= 0) ::close(fd_);
    if (!replaced_) ::unlink(path_.c_str());
  }
  replacement_file(const replacement_file&) = delete;
  replacement_file& operator=(const replacement_file&) = delete;

  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(fd_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot be written");
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void replace_target() {
    if (::fsync(fd_) != 0 || ::close(std::exchange(fd_, -1)) != 0) fail("cannot be flushed");
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("cannot be replaced");
    replaced_ = true;
  }

 private:
  [[noreturn]] void fail(std::string_view problem) const {
    throw system_failure(error_kind::unwritable, fmt::format("{}: {}", target_, problem), errno);
  }

  std::string target_, path_;
  int fd_ = -1;
  bool replaced_ = false;
};

}  // namespace

void write_atomically(const std::filesystem::path& file, std::string_view text) {
  replacement_file replacement(file);
  replacement.write(text);
  replacement.replace_target();
}

void check_writable(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw error(error_kind::unwritable,
                fmt::format("{}: is a directory; name a file", file.string()));
  const replacement_file probe(file);
}

}  // namespace crossover
