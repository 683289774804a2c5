#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/fleet/fleet.hpp"
#include "bench/results/results.hpp"
#include "tools/progress.hpp"
#include "tools/run_flags.hpp"

namespace crossover {

/// Starts the hosts of a run; nullptr if this machine measures. Names each lost host on standard
/// error. Throws as `fleet` does. `environment`: fingerprint of this program. `clients`: hosts that
/// run cells against a server on another one; 0: servers run beside the cells.
std::unique_ptr<fleet> start_fleet(const run_flags& flags, std::size_t clients,
                                   const std::map<std::string, std::string>& environment,
                                   progress_line& line);

/// Skips cells whose server could not be reached from another host.
void skip_local_servers(std::vector<planned_cell>& cells);

/// Adds the hosts to the results, unless an interrupted run has them. Returns the index of each
/// host there. Excludes a host that is another machine than in the interrupted run.
std::vector<std::uint32_t> add_hosts(results& all, fleet& hosts);

}  // namespace crossover
