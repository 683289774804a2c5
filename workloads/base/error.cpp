#include "workloads/base/error.hpp"

#include <cstring>

namespace crossover {

std::string_view to_string(error_kind kind) {
  switch (kind) {
    case error_kind::invalid:
      return "invalid";
    case error_kind::unsupported:
      return "unsupported";
    case error_kind::resource:
      return "resource";
    case error_kind::failed:
      return "failed";
    case error_kind::unreadable:
      return "unreadable";
    case error_kind::unwritable:
      return "unwritable";
  }
  return "failed";
}

std::string error::one_line(std::string message) {
  for (char& c : message)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return message;
}

error system_failure(error_kind kind, std::string_view what, int errno_value) {
  return error(kind, std::string(what) + ": " + std::strerror(errno_value));
}

std::string errno_name(int errno_value) {
  const char* name = ::strerrorname_np(errno_value);
  return name != nullptr ? name : "E" + std::to_string(errno_value);
}

}  // namespace crossover
