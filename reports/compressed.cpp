#include "reports/compressed.hpp"

#include <openssl/evp.h>

#include <boost/beast/zlib/deflate_stream.hpp>

namespace crossover {

namespace zlib = boost::beast::zlib;

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

struct compressor::state {
  void write(std::string_view piece, zlib::Flush flush) {
    zlib::z_params params;
    params.next_in = piece.data();
    params.avail_in = piece.size();
    do {
      constexpr std::size_t room = 1 << 16;
      bytes.resize(bytes.size() + room);
      params.next_out = bytes.data() + bytes.size() - room;
      params.avail_out = room;
      boost::system::error_code ended;
      stream.write(params, flush, ended);
    } while (params.avail_out == 0);
    bytes.resize(bytes.size() - params.avail_out);
  }

  zlib::deflate_stream stream;
  std::string bytes;
};

compressor::compressor() : state_(std::make_unique<state>()) {}
compressor::~compressor() = default;
void compressor::add(std::string_view piece) { state_->write(piece, zlib::Flush::none); }

std::string compressor::finish() {
  state_->write({}, zlib::Flush::finish);
  return base64(state_->bytes);
}

std::string compressed_base64(std::string_view text) {
  compressor whole;
  whole.add(text);
  return whole.finish();
}

}  // namespace crossover
