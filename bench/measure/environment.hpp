#pragma once

#include <map>
#include <string>

#include "bench/measure/machine.hpp"

namespace crossover {

/// The machine's and the build's fingerprint, for people and for comparing files: `cpu_model`,
/// `cpus`, `kernel`, `governor`, `quota`, `build_type`, …. What cannot be found out is left out.
std::map<std::string, std::string> read_environment(const machine& here);

/// CPU time, in s, that the hypervisor has given to others since boot, summed over these CPUs
/// (/proc/stat, "steal").
double stolen_seconds(const std::vector<int>& cpus);
/// Time, in s, in which some task of the machine waited for a CPU (/proc/pressure/cpu, "some");
/// negative where unknown.
double pressure_seconds();

}  // namespace crossover
