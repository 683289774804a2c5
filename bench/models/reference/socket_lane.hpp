#pragma once

#include <string>

#include "bench/models/run/pace.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

/// Next action of a lane after an event on its socket.
enum class next_step { wait, begin, stop };

/// Connects to `endpoint`; counts each failure and tries again. Returns false if the run is over.
inline bool reconnect(descriptor& socket, const std::string& endpoint, lane_pace& pace,
                      tally& worker) {
  for (;;) {
    try {
      socket = connect_to(endpoint);
      return true;
    } catch (const operation_error& e) {
      if (!pace.failed(worker, e)) return false;
    }
  }
}

}  // namespace crossover
