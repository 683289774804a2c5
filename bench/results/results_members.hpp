#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// Members of a results document that are small enough for a tree: all but samples and rows. The
/// functions throw `error` (unreadable) if a member is malformed.

/// Throws `error` (unreadable).
[[noreturn]] void unreadable(std::string_view where, std::string_view problem);

/// Returns a number of the object (T: double, int, std::uint32_t or std::uint64_t); nullopt if it
/// is absent.
template <typename T>
std::optional<T> number_at(const nlohmann::json& object, const char* key);

/// Returns a string of the object; "" if it is absent or not a string.
std::string string_at(const nlohmann::json& object, const char* key);
/// Returns the strings of an object in the object; other values become JSON text.
std::map<std::string, std::string> strings_at(const nlohmann::json& object, const char* key);
/// Returns the strings of an array in the object.
std::vector<std::string> words_at(const nlohmann::json& object, const char* key);

/// Returns the schema version of the member `crossover`, if it is supported.
int schema_of(const nlohmann::json& own);
/// Returns nullopt for a file of an older version, which has no plan.
std::optional<run_settings> plan_at(const nlohmann::json& own);
/// Returns the machines of a fleet; empty for a run without one.
std::vector<host> hosts_at(const nlohmann::json& own);
/// Returns a cell without its samples.
cell_result cell_from_json(const nlohmann::json& document);
/// Requires that each sample of a fleet, and no other, names one of its hosts. Findings need not
/// name one.
void check_hosts(const results& value);

}  // namespace crossover
