#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/detail/value_t.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace crossover::request_members {

// Accessors for the members of a protocol request (PROTOCOL.md). Each throws `error` (invalid) that
// names the member.

/// Returns a required member of the given type.
const nlohmann::json& member(const nlohmann::json& request, const char* key,
                             nlohmann::detail::value_t type);

/// Returns a non-negative number, or 0 if the member is missing.
double amount(const nlohmann::json& request, const char* key);

/// Returns a non-negative integer, or `fallback` if the member is missing.
std::uint64_t whole(const nlohmann::json& request, const char* key, std::uint64_t fallback);

/// Returns a boolean, or false if the member is missing.
bool flag(const nlohmann::json& request, const char* key);

/// Returns an object's values as text, or an empty map if the member is missing.
std::map<std::string, std::string> strings(const nlohmann::json& request, const char* key);

}  // namespace crossover::request_members
