#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/environment_differences.hpp"

namespace crossover {

/// Hosts of a fleet with the same CPU model and the same numbers of cores and CPUs.
struct machine_type {
  std::string name;                  ///< "64-core AMD EPYC 7B13"
  std::vector<std::uint32_t> hosts;  ///< indices into `results::hosts`
};

/// Groups the hosts of a fleet by their fingerprints, fewest cores first. Empty without a fleet.
std::vector<machine_type> machine_types_of(const results& value);

/// Returns the results of a fleet with a cell for each machine type, or nullopt without a fleet.
/// Models are compared, and figures averaged, within a type. If there are several, a cell has the
/// name of its type in `machine`. A cell that only machines of another type could run is left out.
///
/// A finding that every host of the cell has is one about all; its detail is that of the first
/// host. One that only some have keeps the first of them in `host`, and its detail names it.
std::optional<results> split_by_machine_type(const results& value);
/// The same without a copy of the samples; without a fleet, the results as they are.
results by_machine_type(results value);

/// Splits two runs that are compared. A type that both have has the same name in both. A run
/// without a fleet stays as it is.
void split_alike(results& before, results& now);

/// Value of a fact, and the hosts that have it.
struct shared_fact {
  std::string text;  ///< empty if unknown
  std::vector<std::uint32_t> hosts;
};

/// Returns the values of each fact of the hosts of a type.
std::map<std::string, std::vector<shared_fact>> facts_of(const results& value,
                                                         const machine_type& of);

/// Facts that differ between the hosts of a type, as in "kernel: Linux 6.1 (node1, node2), Linux
/// 6.5 (node3)". Facts that vary from run to run are left out.
std::vector<std::string> differences_between_hosts(const results& value, const machine_type& of);

/// Returns the differences of two runs that can affect a measurement. For fleets these are
/// differences between the hosts of a type that both have, or the types if they have none in
/// common.
std::vector<environment_difference> machine_differences(const results& before, const results& now);

/// Names of hosts: "node1, node2 and 14 more".
std::string host_names(const results& value, const std::vector<std::uint32_t>& hosts);

}  // namespace crossover
