#pragma once

#include <span>
#include <string_view>

#include "workloads/workload.hpp"

namespace crossover {

/// Returns all workloads in listing order.
std::span<const workload_type* const> all_workloads();

/// Returns the workload with this name. Throws `error` (invalid) with the nearest name.
const workload_type& find_workload(std::string_view name);

}  // namespace crossover
