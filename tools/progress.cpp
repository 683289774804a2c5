#include "tools/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "reports/units.hpp"

namespace crossover {
namespace {

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool is_terminal(int fd) {
  const char* const type = std::getenv("TERM");
  return ::isatty(fd) == 1 && !(type != nullptr && std::string_view(type) == "dumb");
}

}  // namespace

terminal terminal_of(int fd) {
  terminal to;
  to.colors = is_terminal(fd) && !is_set("NO_COLOR");
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) to.columns = size.ws_col;
  return to;
}

progress_line::progress_line() : is_rewritten_(is_terminal(STDERR_FILENO)) {}
progress_line::~progress_line() { clear(); }

void progress_line::show(const measuring_progress& progress) {
  const std::string remaining =
      progress.left_s < 0 ? "estimating" : time_text(progress.left_s) + " left";
  const std::string text = fmt::format("{} · {} of {} {} · {}", remaining, progress.done,
                                       progress.total, progress.unit, progress.cell);
  if (is_rewritten_) {
    clear();
    const std::string line = fitted(text, terminal_of(STDERR_FILENO).columns - 1);
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
    shown_ = width_of(line);
    return;
  }
  const auto time = std::chrono::steady_clock::now();
  if (time < next_line_) return;
  next_line_ = time + std::chrono::seconds(10);
  std::fputs((text + "\n").c_str(), stderr);
}

void progress_line::clear() {
  if (shown_ == 0) return;
  // A terminal that became narrower has wrapped the line.
  const std::size_t rows_above = (shown_ - 1) / terminal_of(STDERR_FILENO).columns;
  std::string codes = "\r\x1b[2K";
  for (std::size_t row = 0; row < rows_above; ++row) codes += "\x1b[A\x1b[2K";
  std::fputs(codes.c_str(), stderr);
  std::fflush(stderr);
  shown_ = 0;
}

}  // namespace crossover
