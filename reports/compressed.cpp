#include "reports/compressed.hpp"

#include <openssl/evp.h>

#include <boost/beast/zlib/deflate_stream.hpp>

namespace crossover {

std::string base64(std::string_view bytes) {
  constexpr std::size_t block = 3 << 20;  // a multiple of 3, so that encoded blocks can be joined
  std::string out;
  for (std::size_t from = 0; from < bytes.size(); from += block) {
    const std::string_view part = bytes.substr(from, block);
    const std::size_t at = out.size();
    out.resize(at + 4 * ((part.size() + 2) / 3) + 1);
    const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + at),
                                        reinterpret_cast<const unsigned char*>(part.data()),
                                        static_cast<int>(part.size()));
    out.resize(at + static_cast<std::size_t>(written));
  }
  return out;
}

std::string compressed_base64(std::string_view text) {
  namespace zlib = boost::beast::zlib;
  zlib::deflate_stream stream;
  std::string out(stream.upper_bound(text.size()) + 64, '\0');
  zlib::z_params params;
  params.next_in = text.data();
  params.avail_in = text.size();
  params.next_out = out.data();
  params.avail_out = out.size();
  boost::system::error_code ec;
  stream.write(params, zlib::Flush::finish, ec);
  out.resize(params.total_out);
  return base64(out);
}

}  // namespace crossover
