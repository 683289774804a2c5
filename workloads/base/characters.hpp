#pragma once

#include <cstddef>
#include <string_view>

namespace crossover {

/// Returns the number of characters (code points) of UTF-8 text, which is its width on a terminal
/// for the texts of this program. Each malformed sequence counts as one.
std::size_t character_count(std::string_view text);

}  // namespace crossover
