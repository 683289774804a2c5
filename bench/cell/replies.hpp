#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "bench/cell/cell_location.hpp"
#include "bench/results/results.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// Body of the protocol's reply to `prepare`.
struct ready_reply {
  int protocol = 2;     ///< 1 for a cell without windows
  std::string program;  ///< name and version; "" if the cell did not report them
  std::optional<double> setup_s;
  std::optional<std::uint64_t> base_rss_bytes;
  std::map<std::string, std::string> environment;
  std::optional<cell_location> location;
};

// Reading of the cell's replies (PROTOCOL.md). Each throws `error` (failed) if a reply is
// malformed.

/// Returns the member `expected` of a reply. Throws `error` of the kind that the sender reported,
/// if it reported one. `sender`: its name in the message about a malformed reply.
nlohmann::json reply_body(const std::string& line, const char* expected,
                          const char* sender = "the cell process");

/// Returns the error that the body of a reply reports.
error reported_error(const nlohmann::json& body);

ready_reply ready_from_json(const nlohmann::json& body);
sample measured_sample(const nlohmann::json& body);
/// Returns the peak memory of the cell in the reply to `finish`, if reported.
std::optional<std::uint64_t> peak_rss_from_json(const nlohmann::json& body);

}  // namespace crossover
