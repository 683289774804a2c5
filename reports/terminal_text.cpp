#include "reports/terminal_text.hpp"

#include <utf8.h>

#include <algorithm>

#include "reports/escape.hpp"

namespace crossover {

std::string painted(const terminal& to, paint with, const std::string& text) {
  if (!to.colors || text.empty()) return text;
  const char* const code = with == paint::bold     ? "1"
                           : with == paint::dim    ? "2"
                           : with == paint::green  ? "32"
                           : with == paint::yellow ? "33"
                                                   : "31";
  return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
}

std::size_t width_of(std::string_view text) {
  const std::string valid = utf8::replace_invalid(text);
  return static_cast<std::size_t>(utf8::distance(valid.begin(), valid.end()));
}

std::string fitted(std::string_view text, std::size_t width) {
  std::string line = one_line(text);
  return width_of(line) > width ? clipped(line, std::max<std::size_t>(width, 1) - 1) : line;
}

std::string padded(std::string text, std::size_t width) {
  text.append(width - std::min(width, width_of(text)), ' ');
  return text;
}

std::string right_aligned(std::string text, std::size_t width) {
  text.insert(0, width - std::min(width, width_of(text)), ' ');
  return text;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  const std::size_t room = std::max(columns, indent + 1) - indent;
  const std::string margin(indent, ' ');
  std::string lines, line;
  std::size_t used = 0;
  const auto end_line = [&] {
    lines += margin + line + "\n";
    line.clear();
    used = 0;
  };
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    std::string_view word = text.substr(from, to - from);
    from = to + 1;
    if (used > 0 && used + 1 + width_of(word) > room) end_line();
    for (; width_of(word) > room; end_line()) {
      line = clipped(word, room);
      line.resize(line.size() - std::string_view("…").size());
      word.remove_prefix(line.size());
    }
    line += (used > 0 ? " " : "") + std::string(word);
    used += (used > 0 ? 1 : 0) + width_of(word);
  }
  end_line();
  return lines;
}

}  // namespace crossover
