#pragma once

#include <string>
#include <string_view>

namespace crossover {

/// Base64 (RFC 4648) of the raw deflate stream (RFC 1951) of the text: what a browser's
/// DecompressionStream("deflate-raw") reads.
std::string compressed_base64(std::string_view text);

std::string base64(std::string_view bytes);

}  // namespace crossover
