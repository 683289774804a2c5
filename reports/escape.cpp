#include "reports/escape.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

namespace crossover {
namespace {

constexpr char32_t replacement = 0xFFFD;

/// Decodes the character at `at` and advances `at` past it; U+FFFD for a byte that does not begin a
/// character (Unicode 15, table 3-7).
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0u;
  };
  const unsigned first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 && first <= 0xF4  ? 3
                   : first >= 0xE0 && first < 0xF0 ? 2
                   : first >= 0xC2 && first < 0xE0 ? 1
                                                   : 0;
  if (more == 0) return replacement;
  char32_t code = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    if ((byte(at + static_cast<std::size_t>(i)) & 0xC0) != 0x80) return replacement;
    code = code << 6 | (byte(at + static_cast<std::size_t>(i)) & 0x3F);
  }
  const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return replacement;
  at += static_cast<std::size_t>(more);
  return code;
}

std::string encoded(char32_t code) {
  std::string out;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
  return out;
}

bool invisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c & 0xFFFE) == 0xFFFE;
}

std::string visible(char32_t c) {
  if (!invisible(c)) return encoded(c);
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  return fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c));
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
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts && characters++ == limit) return std::string(text.substr(0, i)) + "…";
  }
  return std::string(text);
}

std::string one_line(std::string_view text, std::size_t limit) {
  std::vector<std::string> characters;
  for (std::size_t at = 0; at < text.size();)
    characters.push_back(visible(next_character(text, at)));
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
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
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
