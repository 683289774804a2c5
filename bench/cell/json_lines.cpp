#include "bench/cell/json_lines.hpp"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

namespace crossover {

using nlohmann::json;

bool line_reader::next(std::string& line) {
  while (!take(line))
    if (!read()) return false;
  return true;
}

bool line_reader::take(std::string& line) {
  const std::size_t end = pending_.find('\n');
  if (end == std::string::npos) return false;
  line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  return true;
}

bool line_reader::read() {
  char chunk[4096];
  ssize_t n = 0;
  do n = ::read(fd_, chunk, sizeof chunk);
  while (n < 0 && errno == EINTR);
  if (n <= 0) return false;
  pending_.append(chunk, static_cast<std::size_t>(n));
  return true;
}

bool write_json_line(int fd, const json& value) {
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace crossover
