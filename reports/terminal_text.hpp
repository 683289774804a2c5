#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace crossover {

/// Terminal that a text is made for.
struct terminal {
  std::size_t columns = 80;
  bool colors = false;
};

enum class paint { bold, dim, green, yellow, red };

/// Encloses the text in the codes of a colour, if the terminal has colours.
std::string painted(const terminal& to, paint with, const std::string& text);

/// Returns the number of columns that valid UTF-8 needs.
std::size_t width_of(std::string_view text);

/// Makes any text one line of at most `width` columns; what is cut ends with an ellipsis.
std::string fitted(std::string_view text, std::size_t width);

/// Pads the text with spaces to `width` columns, on its right or its left side.
std::string padded(std::string text, std::size_t width);
std::string right_aligned(std::string text, std::size_t width);

/// Wraps text after `indent` columns, every line indented. Breaks at spaces, and within a word only
/// if it is longer than a line. Ends with a line feed.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns);

}  // namespace crossover
