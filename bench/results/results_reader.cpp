#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "bench/results/benchmark_rows.hpp"
#include "bench/results/json_text.hpp"
#include "bench/results/results.hpp"
#include "bench/results/results_members.hpp"
#include "bench/results/sample_json.hpp"
#include "bench/results/schema_1.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

/// Reads a document of this program or of Google Benchmark. Cells, samples and rows are converted
/// as they end; the rest is small and becomes a tree. Our own documents have rows too. They are
/// converted like Google Benchmark's until the member `crossover` begins.
class results_reader : public json_events {
 public:
  void begin_object() override { begin(true); }
  void begin_array() override { begin(false); }
  void key(std::string_view name) override;
  void scalar(json value) override;
  void end() override;

  /// Returns the results, after the last event.
  results finish();

 private:
  enum class place { document, own, cells, cell, samples, rows, other };

  void begin(bool is_object);
  place inside(bool is_object);
  void add_row(const json& row);
  results own_results();

  json document_;
  json_tree tree_{document_};
  std::vector<place> open_;
  std::string key_;
  std::optional<sample_reader> sample_;  ///< of the open sample
  std::vector<sample> samples_;          ///< of the open cell
  std::vector<cell_result> cells_;
  bool has_cells_ = false;
  benchmark_rows_reader rows_;
  std::optional<error> row_problem_;     ///< of a row; matters only in a foreign file
  std::vector<std::string> aggregates_;  ///< JSON text of the aggregate rows
};

void results_reader::key(std::string_view name) {
  if (sample_) return sample_->key(name);
  key_ = name;
  tree_.key(name);
}

void results_reader::begin(bool is_object) {
  if (!sample_ && !open_.empty() && open_.back() == place::samples) {
    if (!is_object) unreadable("sample", "not an object");
    sample_.emplace();
  }
  if (sample_) return is_object ? sample_->begin_object() : sample_->begin_array();
  open_.push_back(inside(is_object));
  is_object ? tree_.begin_object() : tree_.begin_array();
}

/// Returns the place that an object or array begins.
results_reader::place results_reader::inside(bool is_object) {
  if (open_.empty()) return is_object ? place::document : place::other;
  switch (open_.back()) {
    case place::document:
      if (is_object && key_ == "crossover") {
        rows_ = {};  // they repeat the samples
        return place::own;
      }
      if (!is_object && key_ == "benchmarks") return place::rows;
      return place::other;
    case place::own:
      if (is_object || key_ != "cells") return place::other;
      if (tree_.innermost().contains("schema")) schema_of(tree_.innermost());
      cells_.clear();
      has_cells_ = true;
      return place::cells;
    case place::cells:
      return is_object ? place::cell : place::other;
    case place::cell:
      if (is_object || key_ != "samples") return place::other;
      samples_.clear();
      return place::samples;
    case place::samples:
    case place::rows:
    case place::other:
      return place::other;
  }
  return place::other;
}

void results_reader::scalar(json value) {
  if (sample_) return sample_->scalar(std::move(value));
  if (!open_.empty()) {
    if (open_.back() == place::samples) unreadable("sample", "not an object");
    if (open_.back() == place::cells) unreadable("cells", "a cell is not an object");
    if (open_.back() == place::rows) return add_row(value);
  }
  tree_.scalar(std::move(value));
}

void results_reader::end() {
  if (sample_) {
    sample_->end();
    if (!sample_->is_complete()) return;
    samples_.push_back(std::move(sample_->value()));
    return sample_.reset();
  }
  tree_.end();
  open_.pop_back();
  if (open_.empty()) return;
  if (open_.back() == place::rows) {
    add_row(tree_.innermost().back());
    tree_.innermost().clear();
  } else if (open_.back() == place::cells) {
    const json& cell = tree_.innermost().back();
    if (!cell.is_object()) unreadable("cells", "a cell is not an object");
    cells_.push_back(cell_from_json(cell));
    samples_.shrink_to_fit();
    cells_.back().samples = std::exchange(samples_, {});
    tree_.innermost().clear();
  }
}

void results_reader::add_row(const json& row) {
  if (row.is_object() && string_at(row, "run_type") == "aggregate")
    aggregates_.push_back(row.dump(-1, ' ', false, json::error_handler_t::replace));
  if (row_problem_) return;
  try {
    rows_.add(row);
  } catch (const error& e) {
    row_problem_ = e;
  }
}

results results_reader::finish() {
  if (!document_.is_object()) unreadable("document", "not an object");
  if (const auto own = document_.find("crossover"); own != document_.end() && own->is_object())
    return own_results();
  if (const auto rows = document_.find("benchmarks"); rows == document_.end() || !rows->is_array())
    unreadable("document",
               "not a crossover or Google Benchmark results file (no 'benchmarks' array)");
  if (row_problem_) throw *row_problem_;
  return rows_.finish(document_);
}

results results_reader::own_results() {
  const json& own = document_["crossover"];
  const int schema = schema_of(own);
  results result;
  result.environment = strings_at(own, "environment");
  result.seed = number_at<std::uint64_t>(own, "seed").value_or(0);
  result.equal = number_at<double>(own, "equal").value_or(result.equal);
  result.date = string_at(own, "date");
  result.suite = string_at(own, "suite");
  result.status = string_at(own, "status") == "interrupted" ? results_status::interrupted
                                                            : results_status::complete;
  result.command = words_at(own, "command");
  result.plan = plan_at(own);
  result.hosts = hosts_at(own);
  if (!has_cells_) unreadable("crossover.cells", "array is missing");
  result.cells = std::move(cells_);
  check_hosts(result);
  result.aggregates = std::move(aggregates_);
  if (schema == 1) upgrade_from_schema_1(result.cells);
  return result;
}

/// Calls `read`. Messages of the errors that it throws begin with `where`.
template <typename Read>
auto read_at(std::string_view where, const Read& read) {
  try {
    return read();
  } catch (const error& e) {
    throw error(error_kind::unreadable, fmt::format("{}: {}", where, e.what()));
  } catch (const json::exception& e) {
    throw error(error_kind::unreadable, fmt::format("{}: {}", where, e.what()));
  }
}

/// Reads a document whose pieces `feed(take)` delivers. `file` names it in messages.
template <typename Feed>
results read_pieces_of(const std::string& file, const Feed& feed) {
  results_reader reader;
  json_parser parser(reader);
  const std::string name = shown_name(file, "standard input");
  const auto refuse = [&] {
    unreadable(name, parser.has_long_text()
                         ? "a text is longer than 1 MiB"
                         : fmt::format("not JSON, truncated, or nested deeper than {} levels: "
                                       "expected a file written by `crossover run`",
                                       deepest_json));
  };
  feed([&](std::string_view piece) {
    if (!read_at(name, [&] { return parser.add(piece); })) refuse();
  });
  if (!parser.is_complete()) refuse();
  return read_at(name, [&] { return reader.finish(); });
}

}  // namespace

results results_from_json(const json& document, std::string_view where) {
  return read_at(where, [&document] {
    results_reader reader;
    replay(document, reader);
    return reader.finish();
  });
}

results parse_results(std::string_view text, const std::string& file) {
  return read_pieces_of(file, [text](const auto& take) { take(text); });
}

results read_results(const std::string& file) {
  return read_pieces_of(file, [&file](const auto& take) { read_pieces(file, take); });
}

}  // namespace crossover
