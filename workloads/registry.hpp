#pragma once

#include <span>
#include <string_view>

#include "workloads/workload.hpp"

namespace crossover {

/// Returns all workloads in listing order: those that were added, then the built-in ones.
std::span<const workload_type* const> all_workloads();

/// Returns the workloads that were added, in this order.
std::span<const workload_type* const> added_workloads();

/// Adds a workload; the row must live as long as the process. Throws `error` (invalid) if there is
/// one of this name.
void add_workload(const workload_type& type);

/// Returns the workload with this name. Throws `error` (invalid) with the nearest name.
const workload_type& find_workload(std::string_view name);

}  // namespace crossover
