#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace crossover {

/// Reads lines from a file descriptor.
class line_reader {
 public:
  explicit line_reader(int fd) : fd_(fd) {}
  /// Waits for the next line; returns false at end of input.
  bool next(std::string& line);
  /// Takes a line that has been read; returns false if there is none.
  bool take(std::string& line);
  /// Reads once; returns false at end of input.
  bool read();

 private:
  int fd_;
  std::string pending_;
};

/// Writes JSON as one line. Returns false if nothing reads it any more.
bool write_json_line(int fd, const nlohmann::json& value);

}  // namespace crossover
