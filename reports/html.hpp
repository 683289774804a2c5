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

}  // namespace crossover
