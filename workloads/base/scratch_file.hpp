#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace crossover {

/// Private file without a name: it ends with the process, however that ends. It takes at most a
/// fifth of the space that is free without it.
class scratch_file {
 public:
  /// Creates the file in the directory. If that fails, it takes no text.
  explicit scratch_file(const std::filesystem::path& directory);
  ~scratch_file();
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;

  /// Returns the offset of the text, or nullopt if the disk has no room for it.
  std::optional<std::uint64_t> append(std::string_view text);
  /// Throws `error` (unwritable), because its caller is about to write the text again.
  std::string read(std::uint64_t offset, std::size_t size) const;

 private:
  bool has_room(std::uint64_t size) const;

  int fd_;
  std::uint64_t size_ = 0;
};

}  // namespace crossover
