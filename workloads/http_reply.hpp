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

/// The body that every reply is compared with: known in advance, or that of the first reply.
/// Thread-safe.
class reference_body {
 public:
  using bytes = std::vector<unsigned char>;
  /// Returns nullptr until the reference is known.
  const bytes* get() const { return known_.load(std::memory_order_acquire); }
  /// Returns whether a body equals the reference. The first body becomes the reference.
  bool matches(bytes&& body);

 private:
  std::mutex mutex_;
  bytes bytes_;
  std::atomic<const bytes*> known_ = nullptr;
};

/// HTTP reply parser on Boost.Beast (Content-Length, chunks, or until the connection closes). It
/// stores no header fields, and compares the body with the reference piece by piece as it arrives.
class reply_parser final : public boost::beast::http::basic_parser<false> {
 public:
  /// `expected`: nullptr for the first reply, whose body is kept.
  explicit reply_parser(const reference_body::bytes* expected);

  int status = 0;
  bool wrong = false;               ///< the body differs from the reference or is longer
  std::size_t seen = 0;             ///< body bytes so far
  reference_body::bytes collected;  ///< body of the first reply
  const reference_body::bytes* expected;

 private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb, text, text, int, error_code&) override {}
  void on_response_impl(int code, text reason, int version, error_code& failure) override;
  void on_field_impl(boost::beast::http::field, text, text, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text piece, error_code& failure) override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t left, text piece, error_code& failure) override;
  void on_finish_impl(error_code&) override {}
};

/// Reads the replies of one connection in sequence. The caller owns the socket and passes on what
/// it receives.
class reply_reader {
 public:
  explicit reply_reader(reference_body& reference);
  /// Prepares for the reply to a new request; also after an error, on a new connection.
  void begin();
  /// Returns the buffer to receive into.
  boost::beast::flat_buffer::mutable_buffers_type receive_buffer();
  /// Parses `bytes` received bytes. Returns whether the reply is complete. Throws `operation_error`
  /// for malformed HTTP.
  bool parse_received(std::size_t bytes);
  /// Handles a connection closed by the server. Returns true if that completes the reply, otherwise
  /// throws `operation_error` ("receive:EOF").
  bool handle_close();
  /// Returns true if no byte of this reply has arrived.
  bool is_empty() const { return !parser_->got_some(); }
  /// Returns true if the connection can carry another request.
  bool keep_alive() const { return parser_->keep_alive() && buffer_.size() == 0; }
  /// Checks a complete reply. Throws `operation_error` ("status:404"), or `error` (failed) for a
  /// wrong body.
  void check();

 private:
  bool parse();

  reference_body& reference_;
  boost::beast::flat_buffer buffer_;
  std::optional<reply_parser> parser_;
};

}  // namespace crossover
