#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace crossover {

/// Maximum nesting of arrays and objects in JSON from outside. Our own documents need 9 levels.
/// nlohmann_json writes a document recursively: 20,000 levels overflow the stack.
constexpr int deepest_json = 64;

/// Parses JSON text from outside: a file, a line of the protocol, another program's output. Returns
/// a discarded value (`is_discarded()`) if the text is malformed or nested deeper than
/// `deepest_json`; never throws for either.
nlohmann::json parse_json(std::string_view text);

}  // namespace crossover
