#include "bench/cell/requests.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

constexpr std::uint64_t max_cpu = 65535;

/// Returns a required member of the given type.
const json& required_in(const json& request, const char* key, json::value_t type) {
  const auto entry = request.find(key);
  const auto kind = [](json::value_t t) {
    return t == json::value_t::number_integer || t == json::value_t::number_unsigned
               ? json::value_t::number_unsigned
               : t;
  };
  if (entry == request.end() || kind(entry->type()) != kind(type))
    throw error(error_kind::invalid,
                fmt::format("'{}' is missing or of the wrong type; see PROTOCOL.md", key));
  return *entry;
}

/// Returns a non-negative number, or 0 if the member is missing.
double amount_in(const json& request, const char* key) {
  const auto entry = request.find(key);
  if (entry == request.end()) return 0;
  if (!entry->is_number() || entry->get<double>() < 0)
    throw error(error_kind::invalid, fmt::format("'{}' must be a non-negative number", key));
  return entry->get<double>();
}

/// Returns a non-negative integer, or `fallback` if the member is missing.
std::uint64_t whole_in(const json& request, const char* key, std::uint64_t fallback) {
  const auto entry = request.find(key);
  if (entry == request.end()) return fallback;
  if (!entry->is_number_unsigned())
    throw error(error_kind::invalid, fmt::format("'{}' must be a non-negative integer", key));
  return entry->get<std::uint64_t>();
}

/// Returns a boolean, or false if the member is missing.
bool flag_in(const json& request, const char* key) {
  const auto entry = request.find(key);
  if (entry == request.end()) return false;
  if (!entry->is_boolean())
    throw error(error_kind::invalid, fmt::format("'{}' must be true or false", key));
  return entry->get<bool>();
}

/// Returns an object's values as text, or an empty map if the member is missing.
std::map<std::string, std::string> strings_in(const json& request, const char* key) {
  std::map<std::string, std::string> texts;
  const auto entry = request.find(key);
  if (entry == request.end() || !entry->is_object()) return texts;
  for (const auto& [name, value] : entry->items())
    texts[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return texts;
}

}  // namespace

json to_json(const cell_preparation& preparation) {
  json body = {{"workload", preparation.workload},
               {"parameters", preparation.parameters},
               {"model", preparation.model},
               {"cores", preparation.cores},
               {"in_flight", preparation.in_flight}};
  if (!preparation.model_parameters.empty())
    body["model_parameters"] = preparation.model_parameters;
  if (!preparation.endpoint.empty()) body["endpoint"] = preparation.endpoint;
  if (preparation.any_cores) body["any_cores"] = true;
  if (preparation.trace) body["trace"] = true;
  if (preparation.sampling_interval > 0) body["sampling_interval"] = preparation.sampling_interval;
  if (preparation.injected_delay_ns > 0) body["injected_delay_ns"] = preparation.injected_delay_ns;
  return body;
}

cell_preparation preparation_from_json(const json& body) {
  cell_preparation preparation;
  preparation.workload = required_in(body, "workload", json::value_t::string).get<std::string>();
  preparation.parameters = strings_in(body, "parameters");
  preparation.model = required_in(body, "model", json::value_t::string).get<std::string>();
  preparation.model_parameters = strings_in(body, "model_parameters");
  for (const json& cpu : required_in(body, "cores", json::value_t::array)) {
    if (!cpu.is_number_unsigned() || cpu.get<std::uint64_t>() > max_cpu)
      throw error(error_kind::invalid, "'cores' must be an array of CPU numbers");
    preparation.cores.push_back(cpu.get<int>());
  }
  if (preparation.cores.empty())
    throw error(error_kind::invalid, "'cores' is empty: at least one CPU is required");
  const auto in_flight =
      required_in(body, "in_flight", json::value_t::number_unsigned).get<std::uint64_t>();
  if (in_flight == 0 || in_flight > 1'000'000)
    throw error(error_kind::invalid, "'in_flight' must be 1 to 1000000");
  preparation.in_flight = static_cast<std::uint32_t>(in_flight);
  if (const auto endpoint = body.find("endpoint"); endpoint != body.end() && endpoint->is_string())
    preparation.endpoint = endpoint->get<std::string>();
  preparation.any_cores = flag_in(body, "any_cores");
  preparation.trace = flag_in(body, "trace");
  const std::uint64_t interval = whole_in(body, "sampling_interval", 0);
  if (interval > 1024) throw error(error_kind::invalid, "'sampling_interval' must be at most 1024");
  preparation.sampling_interval = static_cast<std::uint32_t>(interval);
  preparation.injected_delay_ns = amount_in(body, "injected_delay_ns");
  if (preparation.injected_delay_ns > 3600e9)
    throw error(error_kind::invalid, "'injected_delay_ns' must be at most an hour");
  return preparation;
}

json to_json(const run_request& request) {
  json body = json::object();
  if (request.seconds > 0) body["seconds"] = request.seconds;
  if (request.operations > 0) body["operations"] = request.operations;
  if (request.rate > 0) {
    body["rate"] = request.rate;
    body["seed"] = request.seed;
    if (request.constant_gaps) body["schedule"] = "constant";
  }
  if (request.lead_s > 0) body["lead_s"] = request.lead_s;
  if (request.stagger_s > 0) body["stagger_s"] = request.stagger_s;
  if (request.series) body["series"] = true;
  if (request.trace) body["trace"] = true;
  return body;
}

run_request run_request_from_json(const json& body) {
  run_request request;
  request.seconds = amount_in(body, "seconds");
  request.operations = whole_in(body, "operations", 0);
  request.rate = amount_in(body, "rate");
  if ((request.seconds > 0) == (request.operations > 0) || request.seconds > 3600)
    throw error(
        error_kind::invalid,
        "'run' needs exactly one of 'seconds' (up to 3600) and 'operations', greater than 0");
  request.lead_s = amount_in(body, "lead_s");
  request.stagger_s = amount_in(body, "stagger_s");
  if (request.lead_s > 3600 || request.stagger_s > 3600)
    throw error(error_kind::invalid, "'lead_s' and 'stagger_s' must be at most 3600");
  request.series = flag_in(body, "series");
  request.trace = flag_in(body, "trace");
  if (request.rate > 0) {
    if (!(request.seconds > 0)) throw error(error_kind::invalid, "'rate' requires 'seconds'");
    const json schedule = body.value("schedule", json("poisson"));
    if (schedule != "poisson" && schedule != "constant")
      throw error(error_kind::invalid, "'schedule' must be poisson or constant");
    request.constant_gaps = schedule == "constant";
    request.seed = whole_in(body, "seed", 1);
  }
  return request;
}

}  // namespace crossover
