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
/// error. Throws as `fleet` does. `environment`: fingerprint of this program.
std::unique_ptr<fleet> start_fleet(const run_flags& flags,
                                   const std::map<std::string, std::string>& environment,
                                   progress_line& line);

/// Adds the hosts to the results, unless an interrupted run has them. Returns the index of each
/// host there. Excludes a host that is another machine than in the interrupted run.
std::vector<std::uint32_t> add_hosts(results& all, fleet& hosts);

}  // namespace crossover
