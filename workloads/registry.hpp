#pragma once

#include <span>
#include <string_view>

#include "workloads/workload.hpp"

namespace crossover {

/// Every workload there is, in the order in which they are listed.
std::span<const workload_type* const> all_workloads();

/// The workload of this name. Throws `error` (invalid) with the nearest name.
const workload_type& find_workload(std::string_view name);

}  // namespace crossover
