#include "workloads/base/scratch_file.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {

scratch_file::scratch_file(const std::filesystem::path& directory)
    : fd_(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {
  if (fd_ >= 0) return;
  // The file system has no files without a name.
  std::string name = directory / ".crossover-XXXXXX";
  fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd_ >= 0) ::unlink(name.c_str());
}

scratch_file::~scratch_file() {
  if (fd_ >= 0) ::close(fd_);
}

/// Returns whether four times the file is free after `size` more bytes: the files that are written
/// from it need their space.
bool scratch_file::has_room(std::uint64_t size) const {
  struct statvfs disk {};
  return ::fstatvfs(fd_, &disk) == 0 &&
         std::uint64_t{disk.f_bavail} * disk.f_frsize / 4 >= size_ + size;
}

std::optional<std::uint64_t> scratch_file::append(std::string_view text) {
  if (fd_ < 0 || !has_room(text.size())) return std::nullopt;
  std::uint64_t end = size_;
  while (!text.empty()) {
    const ssize_t written = ::pwrite(fd_, text.data(), text.size(), static_cast<off_t>(end));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(written));
    end += static_cast<std::uint64_t>(written);
  }
  return std::exchange(size_, end);
}

std::string scratch_file::read(std::uint64_t offset, std::size_t size) const {
  std::string text(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t count =
        ::pread(fd_, text.data() + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      throw system_failure(error_kind::unwritable, "samples on the disk cannot be read",
                           count < 0 ? errno : EIO);
    done += static_cast<std::size_t>(count);
  }
  return text;
}

}  // namespace crossover
