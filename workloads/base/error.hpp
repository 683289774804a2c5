#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace crossover {

/// Kind of an `error`; the cell protocol uses the same names.
enum class error_kind {
  invalid,      ///< invalid request: a name, a value, a combination
  unsupported,  ///< valid, but not supported by this machine or this cell
  resource,     ///< out of descriptors, memory or threads
  failed,       ///< failed at run time: a refused connection, a wrong result
  unreadable,   ///< an input file is missing or malformed
  unwritable,   ///< an output cannot be written
};

/// Returns the kind's name in the protocol: "invalid", "unsupported", ….
std::string_view to_string(error_kind kind);

/// The exception type for all errors of the outside world. `what()` is one line: problem, place and
/// remedy. Caught per cell, and once in main.
class error : public std::runtime_error {
 public:
  error(error_kind kind, const std::string& message)
      : std::runtime_error(one_line(message)), kind_(kind) {}
  error_kind kind() const { return kind_; }

 private:
  /// Replaces control characters, which text from the user may contain.
  static std::string one_line(std::string message);

  error_kind kind_;
};

/// Returns an `error` whose text is `what` and the description of `errno_value`.
error system_failure(error_kind kind, std::string_view what, int errno_value);

/// Returns the symbol of an errno value, for example ECONNRESET, or "E" and the number if it has
/// none.
std::string errno_name(int errno_value);

}  // namespace crossover
