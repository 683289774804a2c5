#include "bench/results/json_text.hpp"

// Boost.JSON's parser reads in pieces, and six times as fast as nlohmann_json's. The first header
// contains its definitions, so that no library is linked.
#include <boost/json/src.hpp>
//
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace crossover {
namespace {

using boost::json::error_code;
using nlohmann::json;
using piece = boost::json::string_view;

/// Passes the parser's events on. The parser splits texts and numbers at the end of its input.
class event_handler {
 public:
  static constexpr std::size_t max_object_size = -1, max_array_size = -1,
                               max_key_size = longest_json_text,
                               max_string_size = longest_json_text;

  explicit event_handler(json_events& events) : events_(events) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return events_.begin_object(), true; }
  bool on_object_end(std::size_t, error_code&) { return events_.end(), true; }
  bool on_array_begin(error_code&) { return events_.begin_array(), true; }
  bool on_array_end(std::size_t, error_code&) { return events_.end(), true; }
  bool on_key_part(piece text, std::size_t, error_code&) { return keep(text); }
  bool on_key(piece text, std::size_t, error_code&) {
    events_.key(joined(text));
    begun_.clear();
    return true;
  }
  bool on_string_part(piece text, std::size_t, error_code&) { return keep(text); }
  bool on_string(piece text, std::size_t, error_code&) { return scalar(joined(text)); }
  bool on_number_part(piece text, error_code& problem) {
    if (begun_.size() + text.size() <= longest_json_text) return keep(text);
    problem = boost::json::error::string_too_large;
    return false;
  }
  bool on_int64(std::int64_t value, piece, error_code&) {
    return value < 0 ? scalar(value) : scalar(static_cast<std::uint64_t>(value));
  }
  bool on_uint64(std::uint64_t value, piece, error_code&) { return scalar(value); }
  bool on_double(double approximate, piece text, error_code& problem) {
    // The parser's own conversion is off by a unit in the last place.
    const std::string_view digits = joined(text);
    double value = approximate;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (std::isfinite(value)) return scalar(value);
    problem = boost::json::error::exponent_overflow;
    return false;
  }
  bool on_bool(bool value, error_code&) { return scalar(value); }
  bool on_null(error_code&) { return scalar(nullptr); }
  bool on_comment_part(piece, error_code&) { return true; }
  bool on_comment(piece, error_code&) { return true; }

 private:
  bool keep(piece text) {
    begun_.append(text.data(), text.size());
    return true;
  }
  std::string_view joined(piece text) {
    if (begun_.empty()) return {text.data(), text.size()};
    keep(text);
    return begun_;
  }
  template <typename T>
  bool scalar(T value) {
    events_.scalar(json(value));
    begun_.clear();
    return true;
  }

  json_events& events_;
  std::string begun_;  ///< beginning of a text or number that the input's end split
};

/// Returns the text of a tree inside of `depth` objects and arrays.
template <typename Tree>
std::string indented_text(const Tree& tree, int indent, std::size_t depth) {
  const std::string text = tree.dump(indent, ' ', false, json::error_handler_t::replace);
  if (indent < 0) return text;
  const std::string margin(depth * static_cast<std::size_t>(indent), ' ');
  // Texts contain no line breaks: JSON escapes them.
  std::string indented;
  for (std::size_t from = 0, to = 0; from < text.size(); from = to) {
    to = std::min(text.find('\n', from), text.size() - 1) + 1;
    indented.append(text, from, to - from);
    if (to < text.size()) indented += margin;
  }
  return indented;
}

boost::json::parse_options options() {
  boost::json::parse_options options;
  options.max_depth = deepest_json;
  return options;
}

}  // namespace

json& json_tree::add(json value) {
  if (open_.empty()) return root_ = std::move(value);
  if (open_.back()->is_array()) return open_.back()->emplace_back(std::move(value));
  return (*open_.back())[key_] = std::move(value);
}

void json_tree::begin_object() { open_.push_back(&add(json::object())); }
void json_tree::begin_array() { open_.push_back(&add(json::array())); }
void json_tree::scalar(json value) { add(std::move(value)); }

struct json_parser::state {
  explicit state(json_events& events) : parser(options(), events) {}

  /// Removes the mark, which may begin a document, from a piece that may contain only a part of it.
  void skip_byte_order_mark(std::string_view& piece) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    while (mark_size < mark.size() && !piece.empty() && piece.front() == mark[mark_size]) {
      ++mark_size;
      piece.remove_prefix(1);
    }
    if (piece.empty()) return;
    is_valid &= mark_size == 0 || mark_size == mark.size();
    mark_size = mark.size();
  }

  boost::json::basic_parser<event_handler> parser;
  std::size_t mark_size = 0;  ///< bytes of the byte order mark so far; all if there can be none
  bool is_valid = true;
  bool has_long_text = false;
};

json_parser::json_parser(json_events& events) : state_(std::make_unique<state>(events)) {}
json_parser::~json_parser() = default;

bool json_parser::add(std::string_view piece) {
  state_->skip_byte_order_mark(piece);
  error_code problem;
  if (state_->is_valid)
    state_->is_valid =
        state_->parser.write_some(true, piece.data(), piece.size(), problem) == piece.size() &&
        !problem;
  state_->has_long_text |= problem == boost::json::error::string_too_large ||
                           problem == boost::json::error::key_too_large;
  return state_->is_valid;
}

bool json_parser::has_long_text() const { return state_->has_long_text; }

bool json_parser::is_complete() {
  error_code problem;
  if (state_->is_valid) state_->parser.write_some(false, nullptr, 0, problem);
  return state_->is_valid && !problem;
}

json parse_json(std::string_view text) {
  json root;
  json_tree tree(root);
  json_parser parser(tree);
  if (!parser.add(text) || !parser.is_complete()) return json(json::value_t::discarded);
  return root;
}

std::string json_text(const json& tree, int indent, std::size_t depth) {
  return indented_text(tree, indent, depth);
}

std::string json_members(const nlohmann::ordered_json& object, int indent, std::size_t depth) {
  const std::string text = indented_text(object, indent, depth);
  const std::size_t first = text.find('"');
  const std::size_t last = indent < 0 ? text.size() - 1 : text.rfind('\n');
  return text.substr(first, last - first);
}

void json_writer::put(std::string_view text) {
  constexpr std::size_t piece_size = 1 << 16;
  text_ += text;
  if (text_.size() < piece_size && !ends_.empty()) return;
  take_(text_);
  text_.clear();
}

std::string json_writer::margin() const {
  return std::string(ends_.size() * static_cast<std::size_t>(indent_), ' ');
}

/// Begins the next value or key.
void json_writer::separate() {
  if (std::exchange(has_key_, false) || ends_.empty()) return;
  if (!std::exchange(is_first_, false)) put(",");
  if (indent_ >= 0) put("\n" + margin());
}

void json_writer::begin(char open, char close) {
  separate();
  ends_ += close;
  is_first_ = true;
  put({&open, 1});
}

void json_writer::key(std::string_view name) {
  value(json(name));
  put(indent_ >= 0 ? ": " : ":");
  has_key_ = true;
}

void json_writer::end() {
  const char close = ends_.back();
  ends_.pop_back();
  if (!std::exchange(is_first_, false) && indent_ >= 0) put("\n" + margin());
  put({&close, 1});
}

void json_writer::raw(std::string_view text) {
  separate();
  put(text);
}

void json_writer::value(const json& tree) { raw(json_text(tree, indent_, ends_.size())); }
void json_writer::value(const nlohmann::ordered_json& tree) {
  raw(indented_text(tree, indent_, ends_.size()));
}

void replay(const json& tree, json_events& events) {
  if (tree.is_object()) {
    events.begin_object();
    for (const auto& [name, value] : tree.items()) {
      events.key(name);
      replay(value, events);
    }
    events.end();
  } else if (tree.is_array()) {
    events.begin_array();
    for (const json& value : tree) replay(value, events);
    events.end();
  } else {
    events.scalar(tree);
  }
}

}  // namespace crossover
