#include "bench/results/results_members.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "bench/results/sample_json.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

cell_status cell_status_at(const json& cell) {
  const std::string word = string_at(cell, "status");
  for (const cell_status status : {cell_status::ok, cell_status::skipped, cell_status::failed})
    if (word == to_string(status)) return status;
  unreadable("cell", fmt::format("status '{}' is not ok, skipped or failed", word));
}

}  // namespace

void unreadable(std::string_view where, std::string_view problem) {
  throw error(error_kind::unreadable, fmt::format("{}: {}", where, problem));
}

template <typename T>
std::optional<T> number_at(const json& object, const char* key) {
  const auto entry = object.find(key);
  return entry == object.end() ? std::nullopt : optional_number<T>(*entry, key);
}
template std::optional<double> number_at(const json&, const char*);
template std::optional<int> number_at(const json&, const char*);
template std::optional<std::uint32_t> number_at(const json&, const char*);
template std::optional<std::uint64_t> number_at(const json&, const char*);

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

std::vector<std::string> words_at(const json& object, const char* key) {
  std::vector<std::string> words;
  if (const auto entry = object.find(key); entry != object.end() && entry->is_array())
    for (const json& word : *entry)
      if (word.is_string()) words.push_back(word.get<std::string>());
  return words;
}

int schema_of(const json& own) {
  const int schema = number_at<int>(own, "schema").value_or(0);
  if (schema != 1 && schema != 2)
    unreadable("crossover.schema",
               "unsupported schema version (expected 2): use the crossover version that wrote it");
  return schema;
}

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

}  // namespace crossover
