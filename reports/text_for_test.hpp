#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <boost/beast/zlib/inflate_stream.hpp>
#include <string>

namespace crossover {

/// The text between two others; empty if the first one is missing.
inline std::string between(const std::string& text, const std::string& from,
                           const std::string& to) {
  const std::size_t start = text.find(from);
  if (start == std::string::npos) return {};
  return text.substr(start + from.size(), text.find(to, start + from.size()) - start - from.size());
}

inline std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size()))
    ++count;
  return count;
}

/// Text that `compressed_base64` packed.
inline std::string inflated(const std::string& base64_text) {
  std::string bytes(base64_text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(base64_text.data()),
                                   static_cast<int>(base64_text.size()));
  EXPECT_GE(size, 0);
  boost::beast::zlib::inflate_stream stream;
  std::string out(64 << 20, '\0');
  boost::beast::zlib::z_params params;
  params.next_in = bytes.data();
  params.avail_in = static_cast<std::size_t>(size);
  params.next_out = out.data();
  params.avail_out = out.size();
  boost::system::error_code ec;
  stream.write(params, boost::beast::zlib::Flush::finish, ec);
  out.resize(params.total_out);
  return out;
}

}  // namespace crossover
