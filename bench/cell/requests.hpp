#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace crossover {

/// Body of the protocol's `prepare` request.
struct cell_preparation {
  std::string workload;
  std::map<std::string, std::string> parameters;
  std::string model;
  std::map<std::string, std::string> model_parameters;
  std::vector<int> cores;
  bool any_cores = false;  ///< bind to as many others if the process may not use `cores`
  std::uint32_t in_flight = 1;
  std::string endpoint;
  bool trace = false;                   ///< one run will be traced
  std::uint32_t sampling_interval = 0;  ///< time one operation in N; 0: the cell chooses N
  double injected_delay_ns = 0;         ///< busy-wait after each operation, for calibration
};

/// Body of the protocol's `run` request: exactly one of `seconds` and `operations` is positive.
struct run_request {
  double seconds = 0;            ///< length of the window
  std::uint64_t operations = 0;  ///< instead of a window: the whole run counts
  double rate = 0;               ///< operations per second of an open loop; 0: closed loop
  std::uint64_t seed = 1;
  double lead_s = 0;           ///< unmeasured time before the window
  double stagger_s = 0;        ///< the lanes begin spread over this time
  bool series = false;         ///< count operations per 10 ms
  bool constant_gaps = false;  ///< open loop: equal gaps, otherwise exponential ones
  bool trace = false;          ///< only if `cell_preparation::trace`
};

/// Converts the body of a request to and from JSON as in PROTOCOL.md. Reading throws `error`
/// (invalid) that names the member.
nlohmann::json to_json(const cell_preparation& preparation);
nlohmann::json to_json(const run_request& request);
cell_preparation preparation_from_json(const nlohmann::json& body);
run_request run_request_from_json(const nlohmann::json& body);

}  // namespace crossover
