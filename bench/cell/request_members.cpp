#include "bench/cell/request_members.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"

namespace crossover::request_members {

using nlohmann::json;

const json& member(const json& request, const char* key, json::value_t type) {
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

double amount(const json& request, const char* key) {
  const auto entry = request.find(key);
  if (entry == request.end()) return 0;
  if (!entry->is_number() || entry->get<double>() < 0)
    throw error(error_kind::invalid, fmt::format("'{}' must be a non-negative number", key));
  return entry->get<double>();
}

std::uint64_t whole(const json& request, const char* key, std::uint64_t fallback) {
  const auto entry = request.find(key);
  if (entry == request.end()) return fallback;
  if (!entry->is_number_unsigned())
    throw error(error_kind::invalid, fmt::format("'{}' must be a non-negative integer", key));
  return entry->get<std::uint64_t>();
}

bool flag(const json& request, const char* key) {
  const auto entry = request.find(key);
  if (entry == request.end()) return false;
  if (!entry->is_boolean())
    throw error(error_kind::invalid, fmt::format("'{}' must be true or false", key));
  return entry->get<bool>();
}

std::map<std::string, std::string> strings(const json& request, const char* key) {
  std::map<std::string, std::string> texts;
  const auto entry = request.find(key);
  if (entry == request.end() || !entry->is_object()) return texts;
  for (const auto& [name, value] : entry->items())
    texts[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return texts;
}

}  // namespace crossover::request_members
