#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "bench/results/document_for_test.hpp"
#include "bench/results/json_text.hpp"
#include "bench/results/results.hpp"
#include "tools/fuzzing/target.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

std::optional<results> read(std::string_view text) {
  try {
    return parse_results(text, "results.json");
  } catch (const error& e) {
    require(e.kind() == error_kind::unreadable, "a bad results file is unreadable");
    return std::nullopt;
  }
}

/// Writes a document and reads it.
results written_and_read(const results& value) {
  const std::optional<results> again = read(document_text(value));
  require(again.has_value(), "written results can be read");
  return *again;
}

/// Parses in two pieces, cut at `size`.
json parsed_in_pieces(std::string_view text, std::size_t size) {
  json root;
  json_tree tree(root);
  json_parser parser(tree);
  for (const std::string_view piece : {text.substr(0, size), text.substr(size)})
    if (!parser.add(piece)) return json(json::value_t::discarded);
  return parser.is_complete() ? root : json(json::value_t::discarded);
}

}  // namespace

/// Results files of this program and of Google Benchmark.
void fuzz_results(std::string_view input) {
  const json whole = parse_json(input);
  const json pieces = parsed_in_pieces(input, input.size() / 2);
  require(
      whole.is_discarded() == pieces.is_discarded() && (whole.is_discarded() || whole == pieces),
      "the place of a cut does not change a document");

  const std::optional<results> first = read(input);
  require(!first || !whole.is_discarded(), "only JSON can be read");
  if (!first) return;
  // The context of a Google Benchmark file is not kept.
  const results second = written_and_read(*first), third = written_and_read(second);
  require(document_of(second)["crossover"] == document_of(*first)["crossover"],
          "written results read the same");
  require(document_text(third) == document_text(second), "so does the whole document");
}

}  // namespace crossover
