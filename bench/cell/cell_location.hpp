#pragma once

#include <sys/types.h>

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace crossover {

/// The machine, process and CPUs of a cell, as the cell sees them. A launcher may start it on
/// another machine, in a container, or on other CPUs than those of the request.
struct cell_location {
  std::string host;
  /// The kernel's boot id, equal on one machine, also in containers; "" if /proc is hidden.
  std::string boot;
  std::string pid_namespace;  ///< process ids mean the same in equal ones
  pid_t pid = -1;
  std::vector<int> cores;  ///< CPUs that the cell is bound to
};

/// Returns the location of this process, bound to `cores`.
cell_location location_of_this_process(const std::vector<int>& cores);

/// Returns whether both are on one machine.
bool share_machine(const cell_location& a, const cell_location& b);

/// Returns `wanted` if this process may use all of them, otherwise as many of those that it may.
/// Throws `error` (resource) if there are fewer.
std::vector<int> allowed_cpus(const std::vector<int>& wanted);

nlohmann::json to_json(const cell_location& location);
/// Returns nullopt if a member is missing or malformed.
std::optional<cell_location> location_from_json(const nlohmann::json& object);

}  // namespace crossover
