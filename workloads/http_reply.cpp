#include "workloads/http_reply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t receive_bytes = 64 << 10;
constexpr std::size_t min_room = 4 << 10;
constexpr std::size_t max_kept_bytes = 1 << 30;
constexpr std::size_t max_unparsed_bytes = 128 << 10;  // Beast does not limit a chunk's extensions

std::string name_of(const boost::beast::error_code& failure) {
  std::string name = failure.message();
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

}  // namespace

bool reference_body::matches(bytes&& body) {
  const std::lock_guard lock(mutex_);
  if (get() != nullptr) return body == bytes_;
  bytes_ = std::move(body);
  known_.store(&bytes_, std::memory_order_release);
  return true;
}

reply_parser::reply_parser(const reference_body::bytes* known) : expected(known) {
  eager(true);
  body_limit(boost::none);
}

void reply_parser::on_response_impl(int code, text, int, error_code&) { status = code; }

std::size_t reply_parser::on_body_impl(text piece, error_code& failure) {
  if (status != 200 || wrong) return piece.size();  // an error page is not compared
  if (expected == nullptr) {
    if (collected.size() + piece.size() > max_kept_bytes) failure = http::error::body_limit;
    collected.insert(collected.end(), piece.begin(), piece.end());
  } else {
    wrong = piece.size() > expected->size() - seen ||
            std::memcmp(expected->data() + seen, piece.data(), piece.size()) != 0;
  }
  seen += piece.size();
  return piece.size();
}

std::size_t reply_parser::on_chunk_body_impl(std::uint64_t, text piece, error_code& failure) {
  return on_body_impl(piece, failure);
}

reply_reader::reply_reader(reference_body& reference) : reference_(reference) {
  buffer_.reserve(receive_bytes);
}

void reply_reader::begin() {
  buffer_.clear();
  parser_.emplace(reference_.get());
}

boost::beast::flat_buffer::mutable_buffers_type reply_reader::receive_buffer() {
  return buffer_.prepare(std::max(buffer_.capacity() - buffer_.size(), min_room));
}

bool reply_reader::parse_received(std::size_t bytes) {
  buffer_.commit(bytes);
  return parse();
}

bool reply_reader::parse() {
  while (buffer_.size() > 0 && !parser_->is_done()) {
    boost::beast::error_code failure;
    buffer_.consume(parser_->put(buffer_.data(), failure));
    if (failure == http::error::need_more && buffer_.size() < max_unparsed_bytes) return false;
    if (failure == http::error::need_more) failure = http::error::buffer_overflow;
    if (failure) throw operation_error("receive", name_of(failure));
    if (parser_->is_done() && parser_->status / 100 == 1)
      parser_.emplace(reference_.get());  // 100 or 103: the actual reply follows
  }
  return parser_->is_done();
}

bool reply_reader::handle_close() {
  boost::beast::error_code failure = http::error::end_of_stream;
  if (parser_->got_some()) parser_->put_eof(failure);
  if (failure || !parser_->is_done()) throw operation_error("receive", "EOF");
  return true;
}

void reply_reader::check() {
  reply_parser& reply = *parser_;
  if (reply.status != 200) throw operation_error("status", std::to_string(reply.status));
  if (reply.expected == nullptr) {
    if (reference_.matches(std::move(reply.collected))) return;
    throw error(error_kind::failed,
                "two replies differ; the URL must return the same body each time");
  }
  if (!reply.wrong && reply.seen == reply.expected->size()) return;
  // A body without a length that ends early indicates a lost connection.
  if (!reply.wrong && reply.need_eof()) throw operation_error("receive", "EOF");
  throw error(error_kind::failed,
              fmt::format("a body differs from the expected {} bytes", reply.expected->size()));
}

}  // namespace crossover
