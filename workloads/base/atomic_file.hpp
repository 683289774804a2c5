#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace crossover {

/// The name of standard input or output, wherever a file is expected.
constexpr std::string_view standard_stream = "-";

/// Passes a file's content, or that of standard input, to `take` in pieces of at most 64 KiB.
/// Throws `error` (unreadable).
void read_pieces(const std::string& file, const std::function<void(std::string_view)>& take);
/// Returns a file's content, or that of standard input. Throws `error` (unreadable).
std::string read_file(const std::string& file);

/// Keeps `lock_to_replace` from a file, also in other processes, until this object or the process
/// ends. nullptr if the file system has no locks.
using file_lock = std::shared_ptr<const void>;

/// Locks an existing file before it is read, changed and replaced. nullptr if there is no such
/// file. Throws `error` (unwritable) that names the process if it is locked.
file_lock lock_to_replace(const std::string& file);

/// Replaces the file's content entirely or not at all: temporary file beside it, fsync, rename.
/// Writes standard output, devices and pipes directly. Returns the lock of the new content, which
/// is another file: the name is locked all the time if the earlier lock ends after this call.
/// Throws `error` (unwritable).
file_lock write_atomically(const std::filesystem::path& file, std::string_view text);
/// Writes the pieces that `feed(take)` passes to `take`.
file_lock write_atomically(
    const std::filesystem::path& file,
    const std::function<void(const std::function<void(std::string_view)>& take)>& feed);

/// Checks that `write_atomically` can write `file`, before hours are spent on its content. Removes
/// the temporary files of writers that were killed. Throws `error` (unwritable).
void check_writable(const std::filesystem::path& file);

/// Returns false for standard output, devices and pipes: they can be written only once.
bool is_replaceable(const std::filesystem::path& file);

struct new_file {
  std::string name;
  file_lock lock;
};

/// Writes a new file: `file`, or the first unused of "results.1.json", "results.2.json" … if that
/// exists. Two processes never get the same name. Writes nothing to standard output, devices and
/// pipes. Throws `error` (unwritable).
new_file write_new(const std::string& file, std::string_view text);

/// Returns the name of an input or output in messages. `stream`: that of "-".
std::string shown_name(const std::string& file, std::string_view stream = "standard output");

}  // namespace crossover
