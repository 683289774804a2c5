#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Maximum nesting of arrays and objects in JSON from outside. Our own documents need 9 levels.
/// nlohmann_json writes a document recursively: 20,000 levels overflow the stack.
constexpr int deepest_json = 64;
/// Maximum bytes of a text, a key or a number in JSON from outside.
constexpr std::size_t longest_json_text = 1 << 20;

/// Receives a JSON document piece by piece, in the order of the text. What the functions throw
/// passes through the parser.
class json_events {
 public:
  virtual ~json_events() = default;
  virtual void begin_object() = 0;
  virtual void begin_array() = 0;
  /// Name of the next value of an object.
  virtual void key(std::string_view name) = 0;
  /// A null, boolean, number or text.
  virtual void scalar(nlohmann::json value) = 0;
  /// End of the innermost object or array.
  virtual void end() = 0;
};

/// Builds a tree from events. `root` must outlive it.
class json_tree : public json_events {
 public:
  explicit json_tree(nlohmann::json& root) : root_(root) {}
  void begin_object() override;
  void begin_array() override;
  void key(std::string_view name) override { key_ = name; }
  void scalar(nlohmann::json value) override;
  void end() override { open_.pop_back(); }
  /// The innermost object or array that has not ended.
  nlohmann::json& innermost() { return *open_.back(); }

 private:
  nlohmann::json& add(nlohmann::json value);

  nlohmann::json& root_;
  std::vector<nlohmann::json*> open_;
  std::string key_;  ///< of the next value
};

/// Parses JSON text from outside in pieces, so that memory does not grow with the file.
class json_parser {
 public:
  explicit json_parser(json_events& events);
  ~json_parser();
  json_parser(const json_parser&) = delete;
  json_parser& operator=(const json_parser&) = delete;

  /// Parses the next piece. Returns false if the text is malformed, nested deeper than
  /// `deepest_json` or has a text beyond `longest_json_text`; the events until then were delivered.
  bool add(std::string_view piece);
  /// Returns whether the pieces are a whole document, after the last one.
  bool is_complete();
  /// Returns whether a text beyond `longest_json_text` ended the parsing.
  bool has_long_text() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Parses JSON text from outside: a small file, a line of the protocol, another program's output.
/// Returns a discarded value (`is_discarded()`) if the text is malformed or beyond the limits;
/// never throws for either.
nlohmann::json parse_json(std::string_view text);

/// Returns a value as `json_writer` writes it inside of `depth` objects and arrays. Invalid UTF-8
/// is replaced.
std::string json_text(const nlohmann::json& tree, int indent, std::size_t depth);
/// Returns the members of an object, which has some, as `json_writer` writes them.
std::string json_members(const nlohmann::ordered_json& object, int indent, std::size_t depth);

/// Writes JSON text value by value, so that memory does not grow with the document.
class json_writer {
 public:
  /// Receives the text in pieces.
  using sink = std::function<void(std::string_view)>;

  /// `indent`: spaces per level; negative: everything in one line.
  json_writer(int indent, const sink& take) : indent_(indent), take_(take) {}

  void begin_object() { begin('{', '}'); }
  void begin_array() { begin('[', ']'); }
  /// Name of the next value of an object.
  void key(std::string_view name);
  /// A whole value.
  void value(const nlohmann::json& tree);
  void value(const nlohmann::ordered_json& tree);
  /// A whole value, or members of the innermost object, from `json_text` or `json_members`.
  void raw(std::string_view text);
  /// Ends the innermost object or array.
  void end();

 private:
  void begin(char open, char close);
  void separate();
  void put(std::string_view text);
  std::string margin() const;

  int indent_;
  const sink& take_;
  std::string text_;      ///< not yet passed on
  std::string ends_;      ///< closing brackets of the open objects and arrays
  bool is_first_ = true;  ///< the next value is the first of its object or array
  bool has_key_ = false;  ///< the next value has a name
};

/// Delivers a tree as events.
void replay(const nlohmann::json& tree, json_events& events);

}  // namespace crossover
