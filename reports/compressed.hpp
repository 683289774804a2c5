#pragma once

#include <string>
#include <string_view>

namespace crossover {

/// Returns the text as a raw deflate stream (RFC 1951) in base64 (RFC 4648). Browsers unpack it
/// with DecompressionStream("deflate-raw").
std::string compressed_base64(std::string_view text);

/// Base64 (RFC 4648) with padding.
std::string base64(std::string_view bytes);

}  // namespace crossover
