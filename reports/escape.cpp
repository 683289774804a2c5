#include "reports/escape.hpp"

#include <fmt/format.h>
#include <utf8.h>

#include <cstdint>
#include <vector>

namespace crossover {
namespace {

bool invisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c & 0xFFFE) == 0xFFFE;
}

std::string visible(char32_t c) {
  if (!invisible(c)) {
    std::string out;
    utf8::append(c, out);
    return out;
  }
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  return fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c));
}

/// Separates the marks of GitHub's workflow commands: "::" at the beginning of a line, and "##["
/// anywhere.
std::string without_commands(std::string text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin != text.npos && text.compare(begin, 2, "::") == 0) text.insert(begin + 1, " ");
  for (std::size_t at; (at = text.find("##[")) != text.npos;) text.insert(at + 2, " ");
  return text;
}

std::string entities(std::string_view line, std::string_view plain_punctuation) {
  std::string out;
  for (const char c : line) {
    const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                        (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
    if (letter || plain_punctuation.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("&#{};", static_cast<int>(c));
  }
  return out;
}

}  // namespace

std::string clipped(std::string_view text, std::size_t limit) {
  const std::string valid = utf8::replace_invalid(text);
  auto end = valid.begin();
  for (std::size_t characters = 0; end != valid.end(); ++characters) {
    if (characters == limit) return std::string(valid.begin(), end) + "…";
    utf8::next(end, valid.end());
  }
  return valid;
}

bool is_visible_line(std::string_view text) {
  if (!utf8::is_valid(text)) return false;
  for (auto at = text.begin(); at != text.end();)
    if (invisible(utf8::next(at, text.end()))) return false;
  return true;
}

std::string one_line(std::string_view text, std::size_t limit) {
  std::vector<std::string> characters;
  const std::string valid = without_commands(utf8::replace_invalid(text));
  for (auto at = valid.begin(); at != valid.end();)
    characters.push_back(visible(utf8::next(at, valid.end())));
  std::string out;
  const bool cut = limit > 0 && characters.size() > limit;
  const std::size_t head = cut ? limit * 2 / 3 : characters.size();
  for (std::size_t i = 0; i < head; ++i) out += characters[i];
  if (cut) {
    out += "…";
    for (std::size_t i = characters.size() - (limit - head - 1); i < characters.size(); ++i)
      out += characters[i];
  }
  return out;
}

std::string html_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return out;
}

std::string xml_text(std::string_view text) { return html_text(one_line(text)); }

std::string markdown_code(std::string_view text, std::size_t limit) {
  return "<code>" + entities(one_line(text, limit), " /:-.,=()") + "</code>";
}

std::string markdown_text(std::string_view text, std::size_t limit) {
  return entities(one_line(text, limit), " /:-.,=()+%;'");
}

std::string csv_field(std::string_view text) {
  // Spreadsheets take a text for a formula if it begins with one of these characters.
  const bool is_formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != text.npos;
  std::string out = is_formula ? "'" : "";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out.find_first_of(",;\"\t\r\n") == out.npos ? out : "\"" + out + "\"";
}

std::string workflow_message(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) out += c == '%' ? std::string("%25") : std::string(1, c);
  return out;
}

std::string workflow_property(std::string_view text) {
  std::string out;
  for (const char c : workflow_message(text))
    out += c == ':' ? std::string("%3A") : c == ',' ? std::string("%2C") : std::string(1, c);
  return out;
}

}  // namespace crossover
