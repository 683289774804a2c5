#include "tools/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "reports/units.hpp"

namespace crossover {

progress_line::progress_line() : terminal_(::isatty(STDERR_FILENO) == 1) {}
progress_line::~progress_line() { clear(); }

void progress_line::show(const measuring_progress& progress) {
  const std::string left =
      progress.left_s < 0 ? "estimating" : duration_text(progress.left_s) + " left";
  std::string line = fmt::format("{} of {} {} · {} · {}", progress.done, progress.total,
                                 progress.unit, left, progress.cell);
  if (!terminal_) {
    const auto time = std::chrono::steady_clock::now();
    if (time < next_line_) return;
    next_line_ = time + std::chrono::seconds(5);
    std::fputs((line + "\n").c_str(), stderr);
    return;
  }
  winsize size{};
  const std::size_t width =
      ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  if (line.size() >= width) line.resize(width - 1);
  std::fputs(("\r\x1b[2K" + line).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void progress_line::clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[2K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace crossover
