#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "bench/results/benchmark_rows.hpp"
#include "bench/results/json_text.hpp"
#include "bench/results/results.hpp"
#include "bench/results/sample_json.hpp"
#include "bench/results/schema_1.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

[[noreturn]] void unreadable(std::string_view where, std::string_view problem) {
  throw error(error_kind::unreadable, fmt::format("{}: {}", where, problem));
}

template <typename T>
std::optional<T> number_at(const json& object, const char* key) {
  const auto entry = object.find(key);
  return entry == object.end() ? std::nullopt : optional_number<T>(*entry, key);
}

std::string string_at(const json& object, const char* key) {
  const auto entry = object.find(key);
  return entry != object.end() && entry->is_string() ? entry->get<std::string>() : std::string();
}

std::map<std::string, std::string> strings_at(const json& object, const char* key) {
  std::map<std::string, std::string> strings;
  const auto entry = object.find(key);
  if (entry == object.end() || !entry->is_object()) return strings;
  for (const auto& [name, value] : entry->items())
    strings[name] = value.is_string() ? value.get<std::string>()
                                      : value.dump(-1, ' ', false, json::error_handler_t::replace);
  return strings;
}

cell_status cell_status_at(const json& cell) {
  const std::string word = string_at(cell, "status");
  for (const cell_status status : {cell_status::ok, cell_status::skipped, cell_status::failed})
    if (word == to_string(status)) return status;
  unreadable("cell", fmt::format("status '{}' is not ok, skipped or failed", word));
}

std::vector<std::string> words_at(const json& object, const char* key) {
  std::vector<std::string> words;
  if (const auto entry = object.find(key); entry != object.end() && entry->is_array())
    for (const json& word : *entry)
      if (word.is_string()) words.push_back(word.get<std::string>());
  return words;
}

/// Returns nullopt for a file of an older version, which has no plan.
std::optional<run_settings> plan_at(const json& own) {
  const auto entry = own.find("plan");
  if (entry == own.end() || !entry->is_object()) return std::nullopt;
  return run_settings{.seconds = number_at<double>(*entry, "seconds").value_or(0),
                      .budget_s = number_at<double>(*entry, "budget_s").value_or(0),
                      .repetitions = number_at<std::uint32_t>(*entry, "repetitions").value_or(0),
                      .grace_s = number_at<double>(*entry, "grace_s").value_or(0),
                      .programs = words_at(*entry, "programs"),
                      .clients = string_at(*entry, "server_on") == "other"
                                     ? number_at<std::uint32_t>(*entry, "clients").value_or(1)
                                     : 0};
}

/// Returns the machines of a fleet; empty for a run without one.
std::vector<host> hosts_at(const json& own) {
  std::vector<host> hosts;
  const auto entry = own.find("hosts");
  if (entry == own.end()) return hosts;
  if (!entry->is_array()) unreadable("crossover.hosts", "not an array");
  std::set<std::string> names;
  for (const json& machine : *entry) {
    const std::string where = fmt::format("crossover.hosts[{}]", hosts.size());
    if (!machine.is_object()) unreadable(where, "not an object");
    const std::string name = string_at(machine, "name");
    if (name.empty()) unreadable(where, "string 'name' is missing");
    if (!names.insert(name).second) unreadable(where, "an earlier host has the same name");
    if (const auto facts = machine.find("environment");
        facts == machine.end() || !facts->is_object())
      unreadable(where, "object 'environment' is missing");
    hosts.push_back({name, strings_at(machine, "environment"), string_at(machine, "lost")});
  }
  return hosts;
}

/// Throws `error` (unreadable) unless each sample of a fleet, and no other, names one of its hosts.
/// Findings need not name one.
void check_hosts(const results& value) {
  const auto check = [&](const char* of, const std::optional<std::uint32_t>& host, bool is_needed) {
    if (host && *host >= value.hosts.size())
      unreadable(of, fmt::format("host {} is not in crossover.hosts", *host));
    if (!host && is_needed) unreadable(of, "number 'host' is missing");
  };
  for (const cell_result& cell : value.cells) {
    for (const sample& s : cell.samples) {
      check("sample", s.host, !value.hosts.empty());
      check("sample", s.server_host, false);
    }
    for (const finding& f : cell.findings) check("finding", f.host, false);
  }
}

/// Returns a cell without its samples.
cell_result cell_from_json(const json& document) {
  cell_result cell;
  static_cast<cell_spec&>(cell) = cell_spec_from_json(document);
  cell.name = string_at(document, "name");
  cell.status = cell_status_at(document);
  cell.reason = string_at(document, "reason");
  cell.ceiling = number_at<double>(document, "ceiling");
  cell.max_blocks = number_at<std::uint32_t>(document, "max_blocks").value_or(0);
  if (const auto entry = document.find("findings"); entry != document.end() && entry->is_array())
    for (const json& f : *entry)
      if (f.is_object())
        cell.findings.push_back(
            {string_at(f, "code"), string_at(f, "detail"), number_at<std::uint32_t>(f, "host")});
  return cell;
}

/// Returns the schema version. Throws `error` (unreadable) if it is not supported.
int schema_of(const json& own) {
  const int schema = number_at<int>(own, "schema").value_or(0);
  if (schema != 1 && schema != 2)
    unreadable("crossover.schema",
               "unsupported schema version (expected 2): use the crossover version that wrote it");
  return schema;
}

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

cell_spec cell_spec_from_json(const json& document) {
  const std::string label = string_at(document, "model");
  std::map<std::string, std::string> model_parameters = strings_at(document, "model_parameters");
  return {.workload = string_at(document, "workload"),
          .parameters = strings_at(document, "parameters"),
          .model = model_parameters.empty() ? label : label.substr(0, label.find(':')),
          .model_parameters = std::move(model_parameters),
          .cores = number_at<std::uint32_t>(document, "cores"),
          .in_flight = number_at<std::uint32_t>(document, "in_flight"),
          .rate = number_at<double>(document, "rate").value_or(0),
          .endpoint = string_at(document, "endpoint")};
}

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
