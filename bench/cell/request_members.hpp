#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/detail/value_t.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace crossover::request_members {

// The members of a request of the protocol (PROTOCOL.md). Each throws `error` (invalid) that names
// the member.

/// A request's member that must be there and of its type.
const nlohmann::json& member(const nlohmann::json& request, const char* key,
                             nlohmann::detail::value_t type);

/// A member that is a number of 0 or more, 0 where it is missing.
double amount(const nlohmann::json& request, const char* key);

/// A member that is a whole number of 0 or more; `otherwise` where it is missing.
std::uint64_t whole(const nlohmann::json& request, const char* key, std::uint64_t otherwise);

/// A member that is true or false; false where it is missing.
bool flag(const nlohmann::json& request, const char* key);

/// A member that is an object, its values as text; empty where it is missing.
std::map<std::string, std::string> strings(const nlohmann::json& request, const char* key);

}  // namespace crossover::request_members
