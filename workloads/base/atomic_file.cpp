#include "workloads/base/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// A file that is open for writing.
class open_file {
 public:
  /// Takes the result of open(2). `target`: the file's name in messages.
  open_file(int fd, std::string target) : target_(std::move(target)), fd_(fd) {
    if (fd_ < 0) fail("cannot be written");
  }
  open_file(const std::string& path, int flags, std::string target)
      : open_file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644), std::move(target)) {}
  ~open_file() { ::close(fd_); }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(fd_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot be written");
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush() {
    if (::fsync(fd_) != 0) fail("cannot be flushed");
  }
  /// Locks the file, if the file system supports it; returns false if it was removed before.
  bool lock() {
    ::flock(fd_, LOCK_EX);
    struct stat info {};
    return ::fstat(fd_, &info) != 0 || info.st_nlink > 0;
  }
  /// Returns whether `path` still names this file.
  bool has_name(const std::string& path) const {
    struct stat opened {
    }, named{};
    return ::fstat(fd_, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
  }
  [[noreturn]] void fail(std::string_view problem) const {
    throw system_failure(error_kind::unwritable, fmt::format("{}: {}", target_, problem), errno);
  }

 private:
  std::string target_;
  int fd_;
};

constexpr std::string_view temporary_mark = ".crossover-", temporary_ending = ".tmp";

/// A new file beside `target`, locked while it exists. The destructor removes it unless it has
/// taken the target's name.
class replacement_file {
 public:
  explicit replacement_file(const fs::path& target) : target_(target.string()) {
    do {
      path_ = fmt::format("{}{}{:08x}{}", target_, temporary_mark, std::random_device()(),
                          temporary_ending);
      file_ = std::make_shared<open_file>(path_, O_CREAT | O_EXCL, target_);
    } while (!file_->lock());
  }
  ~replacement_file() {
    if (!moved_) ::unlink(path_.c_str());
  }
  replacement_file(const replacement_file&) = delete;
  replacement_file& operator=(const replacement_file&) = delete;

  void write(std::string_view text) { file_->write(text); }
  /// Returns the lock of the file, which still holds under its new name.
  file_lock replace_target() {
    file_->flush();
    if (::rename(path_.c_str(), target_.c_str()) != 0) file_->fail("cannot be replaced");
    moved_ = true;
    return file_;
  }
  /// Takes this name unless it is in use; returns whether it did.
  bool take_unused(const std::string& name) {
    file_->flush();
    if (::link(path_.c_str(), name.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    // The file system has no links.
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST) return false;
    if (fd < 0) file_->fail("cannot be written");
    ::close(fd);
    if (::rename(path_.c_str(), name.c_str()) != 0) file_->fail("cannot be replaced");
    return moved_ = true;
  }
  file_lock lock() const { return file_; }

 private:
  std::string target_, path_;
  std::shared_ptr<open_file> file_;
  bool moved_ = false;
};

/// Returns the process that has locked a file; nullopt if it is on another machine or hidden.
std::optional<pid_t> locking_process(int fd) {
  struct stat info {};
  ::fstat(fd, &info);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    int pid = 0;
    unsigned major = 0, minor = 0;
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), "%*d: FLOCK ADVISORY WRITE %d %x:%x:%lu", &pid, &major, &minor,
                    &inode) == 4 &&
        pid > 0 && inode == info.st_ino && ::makedev(major, minor) == info.st_dev)
      return pid;
  }
  return std::nullopt;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// Returns whether `name` is `file` or one of its numbered names.
bool is_numbered(std::string_view name, const fs::path& file) {
  if (name == file.filename().string()) return true;
  const std::string first = file.stem().string() + ".", last = file.extension().string();
  return name.size() > first.size() + last.size() && name.starts_with(first) &&
         name.ends_with(last) &&
         is_number(name.substr(first.size(), name.size() - first.size() - last.size()));
}

/// Removes the temporary files of `file`, and of its numbered names, whose writer was killed: no
/// process holds their lock.
void remove_abandoned(const fs::path& file) {
  const fs::path directory = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    const std::size_t end = name.rfind(temporary_mark);
    if (end == name.npos || !name.ends_with(temporary_ending) ||
        !is_numbered(name.substr(0, end), file))
      continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info {};
    if (fd >= 0 && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid() &&
        ::flock(fd, LOCK_EX | LOCK_NB) == 0)
      ::unlink(entry.path().c_str());
    if (fd >= 0) ::close(fd);
  }
}

}  // namespace

void read_pieces(const std::string& file, const std::function<void(std::string_view)>& take) {
  const bool is_stream = file == standard_stream;
  std::error_code ignored;
  if (!is_stream && fs::is_directory(file, ignored))
    throw error(error_kind::unreadable, fmt::format("{}: is a directory; name a file", file));
  const auto close = [](std::FILE* in) {
    if (in != nullptr && in != stdin) std::fclose(in);
  };
  const std::unique_ptr<std::FILE, decltype(close)> in(
      is_stream ? stdin : std::fopen(file.c_str(), "re"), close);
  char piece[1 << 16];
  for (std::size_t size = 1; in && size > 0;) {
    size = std::fread(piece, 1, sizeof piece, in.get());
    take({piece, size});
  }
  if (!in || std::ferror(in.get()) != 0)
    throw system_failure(error_kind::unreadable, shown_name(file, "standard input"), errno);
}

std::string read_file(const std::string& file) {
  std::string text;
  read_pieces(file, [&text](std::string_view piece) { text += piece; });
  return text;
}

bool is_replaceable(const fs::path& file) {
  std::error_code ignored;
  return file != standard_stream &&
         (fs::is_regular_file(file, ignored) || !fs::exists(file, ignored));
}

file_lock lock_to_replace(const std::string& file) {
  while (is_replaceable(file)) {
    // A network file system locks only a file that is open for writing.
    int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) break;  // its reader reports why
    const auto opened = std::make_shared<open_file>(fd, file);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
      if (opened->has_name(file)) return opened;
      continue;  // it was replaced before it was locked
    }
    if (errno != EWOULDBLOCK) break;  // the file system has no locks
    const std::optional<pid_t> writer = locking_process(fd);
    throw error(error_kind::unwritable,
                fmt::format("{}: being written by {}; wait until it ends", file,
                            writer ? fmt::format("process {}", *writer) : "another process"));
  }
  return nullptr;
}

file_lock write_atomically(const fs::path& file, std::string_view text) {
  return write_atomically(file, [text](const auto& take) { take(text); });
}

file_lock write_atomically(
    const fs::path& file,
    const std::function<void(const std::function<void(std::string_view)>& take)>& feed) {
  if (file == standard_stream) {
    feed([](std::string_view text) {
      std::fwrite(text.data(), 1, text.size(), stdout);  // main reports a failure
    });
  } else if (is_replaceable(file)) {
    replacement_file replacement(file);
    feed([&](std::string_view text) { replacement.write(text); });
    return replacement.replace_target();
  } else {
    open_file device(file.string(), 0, file.string());
    feed([&](std::string_view text) { device.write(text); });
  }
  return nullptr;
}

void check_writable(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored))
    throw error(error_kind::unwritable,
                fmt::format("{}: is a directory; name a file", file.string()));
  if (!is_replaceable(file)) return;
  replacement_file probe(file);
  remove_abandoned(file);
}

new_file write_new(const std::string& file, std::string_view text) {
  check_writable(file);
  if (!is_replaceable(file)) return {file, nullptr};
  replacement_file content(file);
  content.write(text);
  const fs::path path(file);
  std::string name = file;
  for (int i = 1; !content.take_unused(name); ++i) {
    const std::string last =
        fmt::format("{}.{}{}", path.stem().string(), i, path.extension().string());
    name = (path.parent_path() / last).string();
  }
  return {name, content.lock()};
}

std::string shown_name(const std::string& file, std::string_view stream) {
  return file == standard_stream ? std::string(stream) : file;
}

}  // namespace crossover
