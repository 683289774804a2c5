#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace crossover {

/// What sort of trouble an `error` tells of; the names are those of the cell protocol.
enum class error_kind {
  invalid,      ///< the request makes no sense: a name, a value, a combination
  unsupported,  ///< it makes sense, but not here: this machine or this cell cannot do it
  resource,     ///< something ran out: descriptors, memory, threads
  failed,       ///< it was tried and went wrong: a refused connection, a wrong result
  unreadable,   ///< an input file is not what it should be
  unwritable,   ///< an output could not be written
};

/// The protocol's word for a kind: "invalid", "unsupported", ….
std::string_view to_string(error_kind kind);

/// The one exception type for troubles of the outside world. `what()` is one line: what, where and
/// what to do about it. Caught per cell, and once in main.
class error : public std::runtime_error {
 public:
  error(error_kind kind, const std::string& message)
      : std::runtime_error(one_line(message)), kind_(kind) {}
  error_kind kind() const { return kind_; }

 private:
  /// What the user gave us may hold line ends and other control characters; a message does not.
  static std::string one_line(std::string message);

  error_kind kind_;
};

/// An `error` of this kind that names the system call that failed, and errno's words.
error system_failure(error_kind kind, std::string_view what, int errno_value);

/// The symbol of an errno value, as ECONNRESET; "E" and the number for one without a symbol.
std::string errno_name(int errno_value);

}  // namespace crossover
