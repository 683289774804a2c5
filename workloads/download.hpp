#pragma once

#include <string>

#include "workloads/parameters.hpp"

namespace crossover {

/// Server of `download` and the request that it sends.
struct download_request {
  std::string endpoint;  ///< HOST:PORT
  std::string text;      ///< the request as sent
};

/// Returns the request for these parameters. `endpoint`: address of the server, "" if `url` names
/// it. Throws `error` (invalid).
download_request download_request_of(const parameter_values& values, const std::string& endpoint);

}  // namespace crossover
