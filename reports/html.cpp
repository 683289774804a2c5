#include "reports/html.hpp"

#include <stdexcept>

namespace crossover {

std::string script_json(std::string json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view three = std::string_view(json).substr(i, 3);
    if (json[i] == '<') {
      out += "\\u003c";
    } else if (three == "\u2028" || three == "\u2029") {
      out += three == "\u2028" ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += json[i];
    }
  }
  return out;
}

std::string fill(std::string_view shell, const std::map<std::string_view, std::string>& texts) {
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const std::size_t open = shell.find("{{", from);
    if (open == std::string_view::npos) break;
    const std::size_t close = shell.find("}}", open);
    if (close == std::string_view::npos) break;
    const auto found = texts.find(shell.substr(open + 2, close - open - 2));
    if (found == texts.end())
      throw std::logic_error("page: no text for " +
                             std::string(shell.substr(open, close + 2 - open)));
    out += shell.substr(from, open - from);
    out += found->second;
    from = close + 2;
  }
  return out += shell.substr(from);
}

}  // namespace crossover
