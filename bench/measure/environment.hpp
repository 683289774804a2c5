#pragma once

#include <map>
#include <string>

#include "bench/measure/machine.hpp"

namespace crossover {

/// Returns the fingerprint of the machine and the build, for people and for comparing files:
/// `cpu_model`, `cpus`, `kernel`, `governor`, `quota`, `build_type`, …. Unknown values are left
/// out.
std::map<std::string, std::string> read_environment(const machine& computer);

/// Returns the present time in UTC, as in "2026-01-31T12:00:00+00:00".
std::string utc_timestamp();

/// Returns the CPU time in s that the hypervisor has taken from these CPUs since boot ("steal" in
/// /proc/stat).
double steal_seconds(const std::vector<int>& cpus);

}  // namespace crossover
