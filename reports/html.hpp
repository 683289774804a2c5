#pragma once

#include <map>
#include <string>
#include <string_view>

namespace crossover {

/// Makes JSON safe inside a script element: escapes `<`, U+2028 and U+2029.
std::string script_json(std::string json);

/// Replaces each `{{name}}` in the shell by its text. Inserted text is not searched again.
/// Throws std::logic_error if a name has no text.
std::string fill(std::string_view shell, const std::map<std::string_view, std::string>& texts);

/// Content policy of a page that unpacks and runs `script`: allows only that script, the loader and
/// the style sheet, by their hashes. Saving a chart as PNG needs `data:` and `blob:` images.
std::string content_policy(std::string_view script);

/// JSON for a script element: its text, and the attribute that tells the loader to unpack it.
struct embedded_json {
  std::string attribute;
  std::string text;
};
/// Makes JSON safe inside a script element. Texts over 150 KB are compressed.
embedded_json embed_json(std::string json);

}  // namespace crossover
