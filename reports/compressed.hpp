#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace crossover {

/// Returns the text as a raw deflate stream (RFC 1951) in base64 (RFC 4648). Browsers unpack it
/// with DecompressionStream("deflate-raw").
std::string compressed_base64(std::string_view text);

/// Compresses a text that arrives in pieces, like `compressed_base64`.
class compressor {
 public:
  compressor();
  ~compressor();
  compressor(const compressor&) = delete;
  compressor& operator=(const compressor&) = delete;

  void add(std::string_view piece);
  /// Returns the whole stream in base64, after the last piece.
  std::string finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Base64 (RFC 4648) with padding.
std::string base64(std::string_view bytes);

}  // namespace crossover
