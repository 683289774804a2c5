#include "bench/results/json_text.hpp"

#include <nlohmann/json.hpp>

namespace crossover {
namespace {

/// Counts brackets outside strings, which agrees with the parser up to the first error. The
/// parser's own callback could count too, but takes quadratic time over the objects of an array.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"')
      in_string = !in_string;
    else if (in_string)
      i += c == '\\' ? 1 : 0;
    else if ((c == '[' || c == '{') && ++depth > deepest_json)
      return true;
    else if (c == ']' || c == '}')
      --depth;
  }
  return false;
}

}  // namespace

nlohmann::json parse_json(std::string_view text) {
  using nlohmann::json;
  if (is_too_deep(text)) return json(json::value_t::discarded);
  return json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace crossover
