#pragma once

#include <string>

#include "workloads/parameters.hpp"

namespace crossover {

/// Whom `download` asks and the bytes that it sends for each request.
struct download_request {
  std::string endpoint;  ///< HOST:PORT
  std::string text;      ///< the whole request, as it goes over the wire
};

/// Of these parameters; `endpoint` is the server's, "" where `url` names the server. Throws
/// `error` (invalid).
download_request download_request_of(const parameter_values& values, const std::string& endpoint);

}  // namespace crossover
