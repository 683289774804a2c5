#pragma once

#include <filesystem>
#include <string_view>

namespace crossover {

/// Replaces the file's content entirely or not at all: temporary file beside it, fsync, rename.
/// Throws `error` (unwritable).
void write_atomically(const std::filesystem::path& file, std::string_view text);

/// Checks that `write_atomically` can write `file`, before hours are spent on its content. Leaves
/// nothing behind. Throws `error` (unwritable).
void check_writable(const std::filesystem::path& file);

}  // namespace crossover
