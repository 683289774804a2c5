#include "workloads/base/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// A file that is open for writing.
class open_file {
 public:
  /// `target`: the file's name in messages.
  open_file(const std::string& path, int flags, std::string target)
      : target_(std::move(target)), fd_(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644)) {
    if (fd_ < 0) fail("cannot be written");
  }
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
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
  void flush_and_close() {
    if (::fsync(fd_) != 0 || ::close(std::exchange(fd_, -1)) != 0) fail("cannot be flushed");
  }
  [[noreturn]] void fail(std::string_view problem) const {
    throw system_failure(error_kind::unwritable, fmt::format("{}: {}", target_, problem), errno);
  }

 private:
  std::string target_;
  int fd_;
};

/// A new file beside `target`. The destructor removes it unless it has replaced the target.
class replacement_file {
 public:
  explicit replacement_file(const fs::path& target)
      : target_(target.string()),
        path_(fmt::format("{}.{}.tmp", target_, ::getpid())),
        file_(path_, O_CREAT | O_TRUNC, target_) {}
  ~replacement_file() {
    if (!replaced_) ::unlink(path_.c_str());
  }
  replacement_file(const replacement_file&) = delete;
  replacement_file& operator=(const replacement_file&) = delete;

  void write(std::string_view text) { file_.write(text); }
  void replace_target() {
    file_.flush_and_close();
    if (::rename(path_.c_str(), target_.c_str()) != 0) file_.fail("cannot be replaced");
    replaced_ = true;
  }

 private:
  std::string target_, path_;
  open_file file_;
  bool replaced_ = false;
};

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

void write_atomically(const fs::path& file, std::string_view text) {
  write_atomically(file, [text](const auto& take) { take(text); });
}

void write_atomically(
    const fs::path& file,
    const std::function<void(const std::function<void(std::string_view)>& take)>& feed) {
  if (file == standard_stream) {
    feed([](std::string_view text) {
      std::fwrite(text.data(), 1, text.size(), stdout);  // main reports a failure
    });
  } else if (is_replaceable(file)) {
    replacement_file replacement(file);
    feed([&](std::string_view text) { replacement.write(text); });
    replacement.replace_target();
  } else {
    open_file device(file.string(), 0, file.string());
    feed([&](std::string_view text) { device.write(text); });
  }
}

void check_writable(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored))
    throw error(error_kind::unwritable,
                fmt::format("{}: is a directory; name a file", file.string()));
  if (is_replaceable(file)) replacement_file probe(file);
}

std::string unused_name(const std::string& file) {
  std::error_code ignored;
  const fs::path path(file);
  std::string name = file;
  for (int i = 1; fs::is_regular_file(name, ignored); ++i) {
    const std::string last =
        fmt::format("{}.{}{}", path.stem().string(), i, path.extension().string());
    name = (path.parent_path() / last).string();
  }
  return name;
}

std::string shown_name(const std::string& file, std::string_view stream) {
  return file == standard_stream ? std::string(stream) : file;
}

}  // namespace crossover
