#include "bench/results/benchmark_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/results/metrics.hpp"
#include "bench/results/sample_spool.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string text_of(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto entry = values.find(key);
  return entry == values.end() ? std::string() : entry->second;
}

ordered_json number_of(const std::map<std::string, std::string>& values, const std::string& key) {
  const std::string text = text_of(values, key);
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return nullptr;
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

/// Members that the rows of all repetitions of a cell begin with, as text.
std::string shared_members(const cell_result& cell, std::size_t family, int indent) {
  return json_members({{"name", cell.name},
                       {"family_index", family},
                       {"per_family_instance_index", 0},
                       {"run_name", cell.name},
                       {"run_type", "iteration"},
                       {"repetitions", std::max<std::size_t>(1, cell.samples.size())}},
                      indent, depth_of_row);
}

double seconds_per(const std::string& unit) {
  if (unit == "ns" || unit.empty()) return 1e-9;
  if (unit == "us") return 1e-6;
  if (unit == "ms") return 1e-3;
  if (unit == "s") return 1;
  throw error(error_kind::unreadable,
              fmt::format("benchmarks: time_unit '{}' is not ns, us, ms or s", unit));
}

std::string string_in(const json& row, const char* key) {
  const auto entry = row.find(key);
  return entry != row.end() && entry->is_string() ? entry->get<std::string>() : std::string();
}

std::optional<double> number_in(const json& row, const char* key) {
  const auto entry = row.find(key);
  if (entry == row.end() || !entry->is_number()) return std::nullopt;
  const double value = entry->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Splits "BM_find/64/threads:2" into the family "BM_find" and {"argument 1":"64","threads":"2"}.
void set_name_parts(const std::string& name, cell_result& cell) {
  std::size_t from = name.find('/');
  cell.workload = name.substr(0, from);
  for (int position = 1; from != std::string::npos; ++position) {
    const std::size_t to = name.find('/', from + 1);
    const std::string part = name.substr(from + 1, to == std::string::npos ? to : to - from - 1);
    const std::size_t colon = part.find(':');
    if (colon != std::string::npos)
      cell.parameters[part.substr(0, colon)] = part.substr(colon + 1);
    else if (!part.empty() && part != "manual_time" && part != "process_time" &&
             part != "real_time")
      cell.parameters[fmt::format("argument {}", position)] = part;
    from = to;
  }
}

/// Returns true if Google Benchmark writes this number itself. All others are counters.
bool is_own_number(std::string_view key) {
  static constexpr std::array keys = {
      "cpu_time",  "family_index",     "iterations",  "per_family_instance_index",
      "real_time", "repetition_index", "repetitions", "threads"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::optional<sample> sample_of(const json& row) {
  const auto real = number_in(row, "real_time");
  if (!real) return std::nullopt;
  const double unit = seconds_per(string_in(row, "time_unit"));
  sample result;
  const double iterations = std::clamp(number_in(row, "iterations").value_or(1), 1.0, 1e18);
  result.operations = static_cast<std::uint64_t>(iterations);
  result.wall_s = *real * unit * iterations;
  if (!std::isfinite(result.wall_s)) return std::nullopt;
  // User and system time together: Google Benchmark does not separate them.
  if (const auto cpu = number_in(row, "cpu_time"); cpu && std::isfinite(*cpu * unit * iterations))
    result.cpu_user_s = *cpu * unit * iterations;
  for (const auto& [key, value] : row.items())
    if (value.is_number() && !is_own_number(key)) result.counters[key] = value.get<double>();
  return result;
}

}  // namespace

ordered_json benchmark_context(const results& value) {
  if (value.foreign) return ordered_json(value.context);
  const auto& e = value.environment;
  ordered_json context = {{"date", value.date},
                          {"host_name", text_of(e, "host")},
                          {"executable", value.command.empty() ? "" : value.command.front()},
                          {"num_cpus", number_of(e, "cpus")},
                          {"mhz_per_cpu", number_of(e, "cpu_mhz")},
                          {"cpu_scaling_enabled", text_of(e, "governor") != "none" &&
                                                      text_of(e, "governor") != "performance"},
                          {"caches", ordered_json::array()},
                          {"load_avg", ordered_json::array()}};
  if (const ordered_json load = number_of(e, "load_average"); !load.is_null())
    context["load_avg"].push_back(load);
  context["library_build_type"] = text_of(e, "google_benchmark_build_type");
  return context;
}

std::string benchmark_figures(const cell_result& cell, const sample& measured, int indent) {
  const double operations = static_cast<double>(measured.operations);
  ordered_json row = {{"threads", 1},
                      {"iterations", measured.operations},
                      {"real_time", measured.wall_s / operations * 1e9},
                      {"cpu_time", nullptr},
                      {"time_unit", "ns"},
                      {"items_per_second", operations / measured.wall_s}};
  if (measured.cpu_user_s)
    row["cpu_time"] = (*measured.cpu_user_s + measured.cpu_system_s.value_or(0)) / operations * 1e9;
  for (const metric& m : all_metrics())
    if (const auto figure = m.extract(cell, measured); figure && std::isfinite(*figure))
      row[std::string(m.id)] = *figure;
  for (const auto& [name, counter] : measured.counters)
    if (std::isfinite(counter)) row[name] = counter;
  return json_members(row, indent, depth_of_row);
}

void write_benchmark_rows(json_writer& out, const results& value, int indent,
                          const sample_spool* spool) {
  for (std::size_t family = 0; family < value.cells.size(); ++family) {
    const cell_result& cell = value.cells[family];
    if (cell.status == cell_status::skipped) continue;
    const std::string shared = shared_members(cell, family, indent);
    const auto write_row = [&](std::size_t repetition, const std::string& own) {
      out.begin_object();
      out.raw(shared);
      out.key("repetition_index");
      out.value(json(repetition));
      out.raw(own);
      out.end();
    };
    for (std::size_t i = 0; i < cell.samples.size(); ++i) {
      const sample& s = cell.samples[i];
      if (s.operations == 0 || !(s.wall_s > 0)) continue;
      std::optional<std::string> figures;
      if (spool != nullptr) figures = spool->figures(family, i);
      write_row(i, figures ? *figures : benchmark_figures(cell, s, indent));
    }
    if (cell.status == cell_status::failed)
      write_row(cell.samples.size(), json_members({{"threads", 1},
                                                   {"error_occurred", true},
                                                   {"error_message", cell.reason},
                                                   {"iterations", 0},
                                                   {"real_time", nullptr},
                                                   {"cpu_time", nullptr},
                                                   {"time_unit", "ns"}},
                                                  indent, depth_of_row));
  }
  for (const std::string& row : value.aggregates) out.value(ordered_json::parse(row));
}

void nulls_for_infinities(std::string& text) {
  for (const std::string_view absent : {": NaN", ": -NaN", ": Infinity", ": -Infinity"})
    for (std::size_t position = 0; (position = text.find(absent, position)) != std::string::npos;)
      text.replace(position, absent.size(), ": null");
}

void benchmark_rows_reader::add(const json& row) {
  if (!row.is_object()) throw error(error_kind::unreadable, "benchmarks: a row is not an object");
  std::string name = string_in(row, "run_name");
  if (name.empty()) name = string_in(row, "name");
  if (name.empty()) throw error(error_kind::unreadable, "benchmarks: a row has no name");
  const auto [position, is_new] = index_.try_emplace(name, cells_.size());
  if (is_new) {
    cell_result cell;
    cell.name = name;
    set_name_parts(name, cell);
    cells_.push_back(std::move(cell));
  }
  cell_result& cell = cells_[position->second];
  if (row.value("error_occurred", json(false)) == json(true)) {
    cell.status = cell_status::failed;
    cell.reason = string_in(row, "error_message");
  } else if (string_in(row, "run_type") == "aggregate") {
    const std::string name_of_aggregate = string_in(row, "aggregate_name");
    const bool is_mean = name_of_aggregate == "mean";
    if (!cell.samples.empty() || !(is_mean || name_of_aggregate == "median")) return;
    auto value = sample_of(row);
    const auto known = aggregates_.find(position->second);
    if (value && (is_mean || known == aggregates_.end()))
      aggregates_[position->second] = {std::move(*value), is_mean};
  } else if (auto repetition = sample_of(row)) {
    cell.samples.push_back(std::move(*repetition));
  }
}

results benchmark_rows_reader::finish(const json& document) {
  results result;
  result.foreign = true;
  if (const auto context = document.find("context");
      context != document.end() && context->is_object()) {
    for (const auto& [key, item] : context->items())
      result.context[key] = item.is_string()
                                ? item.get<std::string>()
                                : item.dump(-1, ' ', false, json::error_handler_t::replace);
    result.date = string_in(*context, "date");
    result.environment = result.context;
    result.environment.erase("date");
    result.environment.erase("load_avg");
  }
  result.cells = std::move(cells_);
  for (std::size_t i = 0; i < result.cells.size(); ++i) {
    cell_result& cell = result.cells[i];
    if (!cell.samples.empty() || cell.status != cell_status::ok) continue;
    if (const auto known = aggregates_.find(i); known != aggregates_.end()) {
      cell.samples.push_back(known->second.value);
      cell.findings.push_back(
          {"aggregates_only",
           fmt::format("no repetitions of this benchmark in the file: its {} is used as one sample",
                       known->second.is_mean ? "mean" : "median")});
    } else {
      cell.status = cell_status::failed;
      cell.reason = "no time for this benchmark in the file";
    }
  }
  return result;
}

}  // namespace crossover
