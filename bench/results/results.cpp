#include "bench/results/results.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "bench/results/benchmark_rows.hpp"
#include "bench/results/json_text.hpp"
#include "bench/results/schema_1.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

[[noreturn]] void unreadable(std::string_view where, std::string_view problem) {
  throw error(error_kind::unreadable, fmt::format("{}: {}", where, problem));
}

/// Returns a JSON number, or null for a value that is not finite: JSON has no NaN.
template <typename Json = json>
Json number_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

template <typename T>
void put(json& object, const char* key, const std::optional<T>& value) {
  if (!value) return;
  if constexpr (std::is_floating_point_v<T>)
    object[key] = number_or_null(*value);
  else
    object[key] = *value;
}

template <typename T>
std::optional<T> optional_at(const json& object, const char* key) {
  const auto entry = object.find(key);
  if (entry == object.end() || entry->is_null()) return std::nullopt;
  if (!entry->is_number()) unreadable(key, "not a number");
  if constexpr (std::is_unsigned_v<T>)
    if (const double value = entry->template get<double>();
        value < 0 || value > static_cast<double>(std::numeric_limits<T>::max()))
      unreadable(key, "count is negative or too large");
  return entry->get<T>();
}

template <typename T>
T required_at(const json& object, const char* key) {
  const auto value = optional_at<T>(object, key);
  if (!value) unreadable("sample", fmt::format("number '{}' is missing", key));
  return *value;
}

std::string string_at(const json& object, const char* key) {
  const auto entry = object.find(key);
  return entry != object.end() && entry->is_string() ? entry->get<std::string>() : std::string();
}

json to_json(const latency_distribution& latency) {
  json bins = json::array();
  for (const latency_bin& bin : latency.bins)
    bins.push_back({bin.lower_ns, bin.upper_ns, bin.count});
  return {{"unit", "ns"},
          {"count", latency.count()},
          {"mean", number_or_null(latency.mean_ns)},
          {"max", latency.max_ns},
          {"sampling_interval", latency.sampling_interval},
          {"bins", std::move(bins)}};
}

std::optional<latency_distribution> latency_at(const json& object, const char* key) {
  const auto entry = object.find(key);
  if (entry == object.end() || entry->is_null()) return std::nullopt;
  if (!entry->is_object() || !entry->contains("bins") || !(*entry)["bins"].is_array())
    unreadable(key, "must be an object with an array 'bins'");
  latency_distribution latency;
  std::uint64_t largest = 0;
  double sum = 0;
  for (const json& bin : (*entry)["bins"]) {
    if (!bin.is_array() || bin.size() != 3 || !bin[0].is_number() || !bin[1].is_number() ||
        !bin[2].is_number_unsigned())
      unreadable(key, "a bin must be [lower, upper, count]");
    const latency_bin parsed{bin[0].get<std::uint64_t>(), bin[1].get<std::uint64_t>(),
                             bin[2].get<std::uint64_t>()};
    if (parsed.count == 0) continue;
    largest = std::max(largest,
                       parsed.upper_ns > parsed.lower_ns ? parsed.upper_ns - 1 : parsed.lower_ns);
    sum += (static_cast<double>(parsed.lower_ns) + static_cast<double>(parsed.upper_ns)) / 2 *
           static_cast<double>(parsed.count);
    latency.bins.push_back(parsed);
  }
  const auto count = static_cast<double>(latency.count());
  latency.max_ns = optional_at<std::uint64_t>(*entry, "max").value_or(largest);
  latency.mean_ns = optional_at<double>(*entry, "mean").value_or(count > 0 ? sum / count : 0);
  latency.sampling_interval = std::max<std::uint64_t>(
      1, optional_at<std::uint64_t>(*entry, "sampling_interval").value_or(1));
  return latency;
}

std::vector<std::uint64_t> counts_at(const json& from, const char* key) {
  std::vector<std::uint64_t> counts;
  if (const auto found = from.find(key); found != from.end() && found->is_array())
    for (const json& count : *found)
      if (count.is_number_unsigned()) counts.push_back(count.get<std::uint64_t>());
  return counts;
}

std::optional<arrival_counts> arrivals_at(const json& from) {
  const auto found = from.find("arrivals");
  if (found == from.end() || !found->is_object()) return std::nullopt;
  return arrival_counts{required_at<std::uint64_t>(*found, "due"),
                        required_at<std::uint64_t>(*found, "begun"),
                        required_at<std::uint64_t>(*found, "late")};
}

cell_status cell_status_at(const json& cell) {
  const std::string word = string_at(cell, "status");
  for (const cell_status status : {cell_status::ok, cell_status::skipped, cell_status::failed})
    if (word == to_string(status)) return status;
  unreadable("cell", fmt::format("status '{}' is not ok, skipped or failed", word));
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

json to_json(const cell_result& cell) {
  json samples = json::array();
  for (const sample& s : cell.samples) samples.push_back(to_json(s));
  json findings = json::array();
  for (const finding& f : cell.findings)
    findings.push_back({{"code", f.code}, {"detail", f.detail}});
  json out = to_json(static_cast<const cell_spec&>(cell));
  out.update({{"name", cell.name},
              {"status", to_string(cell.status)},
              {"reason", cell.reason},
              {"ceiling", cell.ceiling ? number_or_null(*cell.ceiling) : json(nullptr)},
              {"findings", std::move(findings)},
              {"samples", std::move(samples)}});
  return out;
}

cell_result cell_from_json(const json& document) {
  if (!document.is_object()) unreadable("cells", "a cell is not an object");
  cell_result cell;
  static_cast<cell_spec&>(cell) = cell_spec_from_json(document);
  cell.name = string_at(document, "name");
  cell.status = cell_status_at(document);
  cell.reason = string_at(document, "reason");
  cell.ceiling = optional_at<double>(document, "ceiling");
  if (const auto entry = document.find("findings"); entry != document.end() && entry->is_array())
    for (const json& f : *entry)
      if (f.is_object()) cell.findings.push_back({string_at(f, "code"), string_at(f, "detail")});
  if (const auto entry = document.find("samples"); entry != document.end() && entry->is_array())
    for (const json& s : *entry) cell.samples.push_back(sample_from_json(s));
  return cell;
}

results own_results(const json& document) {
  const json& own = document["crossover"];
  results result;
  const int schema = optional_at<int>(own, "schema").value_or(0);
  if (schema == 1) {
    json upgraded = document;
    upgrade_from_schema_1(upgraded);
    return own_results(upgraded);
  }
  if (schema != 2)
    unreadable("crossover.schema",
               "unsupported schema version (expected 2): use the crossover version that wrote it");
  result.environment = strings_at(own, "environment");
  result.seed = optional_at<std::uint64_t>(own, "seed").value_or(0);
  result.equal = optional_at<double>(own, "equal").value_or(result.equal);
  result.date = string_at(own, "date");
  result.suite = string_at(own, "suite");
  result.status = string_at(own, "status") == "interrupted" ? results_status::interrupted
                                                            : results_status::complete;
  if (const auto entry = own.find("command"); entry != own.end() && entry->is_array())
    for (const json& word : *entry)
      if (word.is_string()) result.command.push_back(word.get<std::string>());
  const auto cells = own.find("cells");
  if (cells == own.end() || !cells->is_array()) unreadable("crossover.cells", "array is missing");
  for (const json& cell : *cells) result.cells.push_back(cell_from_json(cell));
  if (const auto rows = document.find("benchmarks"); rows != document.end() && rows->is_array())
    for (const json& row : *rows)
      if (row.is_object() && string_at(row, "run_type") == "aggregate")
        result.aggregates.push_back(row.dump());
  return result;
}

}  // namespace

std::string_view to_string(cell_status status) {
  switch (status) {
    case cell_status::ok:
      return "ok";
    case cell_status::skipped:
      return "skipped";
    case cell_status::failed:
      return "failed";
  }
  return "failed";
}

json to_json(const cell_spec& cell) {
  json out = {{"workload", cell.workload},
              {"parameters", cell.parameters},
              {"model", cell.model_label()},
              {"model_parameters", cell.model_parameters},
              {"cores", cell.cores ? json(*cell.cores) : json(nullptr)},
              {"in_flight", cell.in_flight ? json(*cell.in_flight) : json(nullptr)},
              {"rate", cell.rate > 0 ? json(cell.rate) : json(nullptr)}};
  if (!cell.endpoint.empty()) out["endpoint"] = cell.endpoint;
  return out;
}

cell_spec cell_spec_from_json(const json& document) {
  const std::string label = string_at(document, "model");
  return {.workload = string_at(document, "workload"),
          .parameters = strings_at(document, "parameters"),
          .model = label.substr(0, label.find(':')),
          .model_parameters = strings_at(document, "model_parameters"),
          .cores = optional_at<std::uint32_t>(document, "cores"),
          .in_flight = optional_at<std::uint32_t>(document, "in_flight"),
          .rate = optional_at<double>(document, "rate").value_or(0),
          .endpoint = string_at(document, "endpoint")};
}

json to_json(const sample& value) {
  json out = {{"operations", value.operations}, {"wall_s", number_or_null(value.wall_s)}};
  put(out, "start_s", value.start_s);
  put(out, "drain_s", value.drain_s);
  if (!value.series.empty()) out["series"] = value.series;
  put(out, "cpu_user_s", value.cpu_user_s);
  put(out, "cpu_system_s", value.cpu_system_s);
  put(out, "voluntary_switches", value.voluntary_switches);
  put(out, "involuntary_switches", value.involuntary_switches);
  put(out, "minor_faults", value.minor_faults);
  put(out, "major_faults", value.major_faults);
  if (value.latency) out["latency"] = to_json(*value.latency);
  if (value.service) out["service"] = to_json(*value.service);
  out["errors"] = value.errors;
  if (!value.worker_operations.empty()) out["worker_operations"] = value.worker_operations;
  if (!value.checksum.empty()) out["checksum"] = value.checksum;
  put(out, "rate", value.rate);
  if (value.arrivals)
    out["arrivals"] = {{"due", value.arrivals->due},
                       {"begun", value.arrivals->begun},
                       {"late", value.arrivals->late}};
  put(out, "sequence", value.sequence);
  put(out, "startup_s", value.startup_s);
  put(out, "setup_s", value.setup_s);
  put(out, "base_rss_bytes", value.base_rss_bytes);
  put(out, "peak_rss_bytes", value.peak_rss_bytes);
  put(out, "server_cpu_s", value.server_cpu_s);
  put(out, "server_cpus", value.server_cpus);
  put(out, "steal_s", value.steal_s);
  put(out, "block", value.block);
  put(out, "block_s", value.block_s);
  put(out, "foreign_cpu_s", value.foreign_cpu_s);
  put(out, "pressure_s", value.pressure_s);
  put(out, "throttled_s", value.throttled_s);
  put(out, "slowness", value.slowness);
  put(out, "idle_cpu_s", value.idle_cpu_s);
  put(out, "idle_s", value.idle_s);
  return out;
}

sample sample_from_json(const json& document) {
  if (!document.is_object()) unreadable("sample", "not an object");
  sample result;
  result.operations = required_at<std::uint64_t>(document, "operations");
  result.wall_s = required_at<double>(document, "wall_s");
  result.start_s = optional_at<double>(document, "start_s");
  result.drain_s = optional_at<double>(document, "drain_s");
  result.series = counts_at(document, "series");
  result.cpu_user_s = optional_at<double>(document, "cpu_user_s");
  result.cpu_system_s = optional_at<double>(document, "cpu_system_s");
  result.voluntary_switches = optional_at<std::uint64_t>(document, "voluntary_switches");
  result.involuntary_switches = optional_at<std::uint64_t>(document, "involuntary_switches");
  result.minor_faults = optional_at<std::uint64_t>(document, "minor_faults");
  result.major_faults = optional_at<std::uint64_t>(document, "major_faults");
  result.latency = latency_at(document, "latency");
  result.service = latency_at(document, "service");
  if (const auto errors = document.find("errors"); errors != document.end() && errors->is_object())
    for (const auto& [name, count] : errors->items())
      if (count.is_number_unsigned() && count.get<std::uint64_t>() > 0)
        result.errors[name] = count.get<std::uint64_t>();
  result.worker_operations = counts_at(document, "worker_operations");
  result.checksum = string_at(document, "checksum");
  result.rate = optional_at<double>(document, "rate");
  result.arrivals = arrivals_at(document);
  result.sequence = optional_at<std::uint64_t>(document, "sequence");
  result.startup_s = optional_at<double>(document, "startup_s");
  result.setup_s = optional_at<double>(document, "setup_s");
  result.base_rss_bytes = optional_at<std::uint64_t>(document, "base_rss_bytes");
  result.peak_rss_bytes = optional_at<std::uint64_t>(document, "peak_rss_bytes");
  result.server_cpu_s = optional_at<double>(document, "server_cpu_s");
  result.server_cpus = optional_at<double>(document, "server_cpus");
  result.steal_s = optional_at<double>(document, "steal_s");
  result.block = optional_at<std::uint64_t>(document, "block");
  result.block_s = optional_at<double>(document, "block_s");
  result.foreign_cpu_s = optional_at<double>(document, "foreign_cpu_s");
  result.pressure_s = optional_at<double>(document, "pressure_s");
  result.throttled_s = optional_at<double>(document, "throttled_s");
  result.slowness = optional_at<double>(document, "slowness");
  result.idle_cpu_s = optional_at<double>(document, "idle_cpu_s");
  result.idle_s = optional_at<double>(document, "idle_s");
  return result;
}

ordered_json to_json(const results& value) {
  ordered_json document;
  document["context"] = benchmark_context(value);
  document["benchmarks"] = benchmark_rows(value);
  json cells = json::array();
  for (const cell_result& cell : value.cells) cells.push_back(to_json(cell));
  document["crossover"] = {
      {"schema", 2},
      {"date", value.date},
      {"suite", value.suite},
      {"status", value.status == results_status::complete ? "complete" : "interrupted"},
      {"seed", value.seed},
      {"equal", value.equal},
      {"command", value.command},
      {"environment", value.environment},
      {"cells", std::move(cells)}};
  return document;
}

results results_from_json(const json& document, std::string_view where) {
  try {
    if (!document.is_object()) unreadable("document", "not an object");
    if (const auto own = document.find("crossover"); own != document.end() && own->is_object())
      return own_results(document);
    if (const auto rows = document.find("benchmarks"); rows != document.end() && rows->is_array())
      return results_from_benchmark_rows(document);
    unreadable("document",
               "not a crossover or Google Benchmark results file (no 'benchmarks' array)");
  } catch (const error& e) {
    throw error(error_kind::unreadable, fmt::format("{}: {}", where, e.what()));
  } catch (const json::exception& e) {
    throw error(error_kind::unreadable, fmt::format("{}: {}", where, e.what()));
  }
}

results parse_results(std::string_view text, const std::string& file) {
  const std::string name = shown_name(file, "standard input");
  const json document = parse_json(text);
  if (document.is_discarded())
    unreadable(name, fmt::format("not JSON, truncated, or nested deeper than {} levels: "
                                 "expected a file written by `crossover run`",
                                 deepest_json));
  return results_from_json(document, name);
}

results read_results(const std::string& file) { return parse_results(read_file(file), file); }

void write_results(const std::filesystem::path& file, const results& value) {
  write_atomically(file, to_json(value).dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace crossover
