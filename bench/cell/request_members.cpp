#include "bench/cell/request_members.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"

namespace crossover::request_members {

using nlohmann::json;

const json& member(const json& request, const char* key, json::value_t type) {
  const auto found = request.find(key);
  const auto kind = [](json::value_t t) {
    return t == json::value_t::number_integer || t == json::value_t::number_unsigned
               ? json::value_t::number_unsigned
               : t;
  };
  if (found == request.end() || kind(found->type()) != kind(type))
    throw error(error_kind::invalid,
                fmt::format("'{}' is missing or of the wrong type; see PROTOCOL.md", key));
  return *found;
}

double amount(const json& request, const char* key) {
  const auto found = request.find(key);
  if (found == request.end()) return 0;
  if (!found->is_number() || found->get<double>() < 0)
    throw error(error_kind::invalid, fmt::format("'{}' must be a non-negative number", key));
  return found->get<double>();
}

std::uint64_t whole(const json& request, const char* key, std::uint64_t otherwise) {
  const auto found = request.find(key);
  if (found == request.end()) return otherwise;
  if (!found->is_number_unsigned())
    throw error(error_kind::invalid, fmt::format("'{}' must be a non-negative integer", key));
  return found->get<std::uint64_t>();
}

bool flag(const json& request, const char* key) {
  const auto found = request.find(key);
  if (found == request.end()) return false;
  if (!found->is_boolean())
    throw error(error_kind::invalid, fmt::format("'{}' must be true or false", key));
  return found->get<bool>();
}

std::map<std::string, std::string> strings(const json& request, const char* key) {
  std::map<std::string, std::string> read;
  const auto found = request.find(key);
  if (found == request.end() || !found->is_object()) return read;
  for (const auto& [name, value] : found->items())
    read[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return read;
}

}  // namespace crossover::request_members
