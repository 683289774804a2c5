#pragma once

#include <atomic>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace crossover {

/// What every body is compared with: bytes that are known beforehand, or those of the first reply.
/// Any thread may ask and offer.
class reference_body {
 public:
  using bytes = std::vector<unsigned char>;
  /// nullptr as long as nothing agreed.
  const bytes* get() const { return known_.load(std::memory_order_acquire); }
  /// Whether a body is the reference; it becomes the reference if there is none yet.
  bool agrees(bytes&& body);

 private:
  std::mutex mutex_;
  bytes bytes_;
  std::atomic<const bytes*> known_ = nullptr;
};

/// Boost.Beast's parser of a reply (Content-Length, chunks, or until the connection's end), without
/// storing a field: the body is compared with the reference piece by piece as it comes in.
class reply_parser final : public boost::beast::http::basic_parser<false> {
 public:
  /// `expected`: nullptr where the reply is the first one; its body is then kept.
  explicit reply_parser(const reference_body::bytes* expected);

  int status = 0;
  bool wrong = false;               ///< the body differs from the reference in a byte or is longer
  std::size_t seen = 0;             ///< bytes of the body so far
  reference_body::bytes collected;  ///< of the first reply
  const reference_body::bytes* expected;

 private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb, text, text, int, error_code&) override {}
  void on_response_impl(int code, text reason, int version, error_code& trouble) override;
  void on_field_impl(boost::beast::http::field, text, text, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text piece, error_code& trouble) override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t left, text piece, error_code& trouble) override;
  void on_finish_impl(error_code&) override {}
};

/// One connection's replies, one after the other, fed with what the socket gives. The caller owns
/// the socket.
class reply_reader {
 public:
  explicit reply_reader(reference_body& reference);
  /// A request was issued: its reply is due. Also after an error, on a new connection.
  void begin();
  /// Where to receive into.
  boost::beast::flat_buffer::mutable_buffers_type room();
  /// So many bytes came. True when the reply is complete. Throws `operation_error` for what is no
  /// HTTP.
  bool received(std::size_t bytes);
  /// The server closed the connection. True when that completes the reply; throws `operation_error`
  /// ("receive:EOF") when it does not.
  bool ended();
  /// Nothing of this reply has come.
  bool nothing_yet() const { return !parser_->got_some(); }
  /// Whether the connection can carry another request.
  bool keep_alive() const { return parser_->keep_alive() && buffer_.size() == 0; }
  /// Judges a complete reply. Throws `operation_error` ("status:404"), or `error` (failed) for a
  /// wrong body.
  void check();

 private:
  bool parse();

  reference_body& reference_;
  boost::beast::flat_buffer buffer_;
  std::optional<reply_parser> parser_;
};

}  // namespace crossover
