#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/measure/block.hpp"
#include "bench/measure/machine.hpp"
#include "bench/measure/plan.hpp"

namespace crossover {

/// Body of the request `start`.
struct host_start {
  std::vector<std::string> models;  ///< flags of `run` that add models
  double sign_interval_s = 1;       ///< between signs of life
};

/// Part of the request `plan`: settings of the run.
struct host_settings {
  double seconds = 0;    ///< window time per arm and block
  double warm_up_s = 0;  ///< see block_options
  double grace_s = 0;    ///< a cell is killed after this extra time
  std::uint64_t seed = 0;
  std::vector<std::string> launcher;             ///< command prefix of cells
  std::map<std::string, std::string> endpoints;  ///< the user's own servers, by workload
};

/// Body of the reply `ready`: what the harness has to know about a host.
struct host_facts {
  std::string node;  ///< name in the allocation of Slurm; "" outside
  std::map<std::string, std::string> environment;
  machine computer;
  machine_limits limits;
};

/// Body of the request `block`: cells are indices into those of the request `plan`.
struct host_block {
  std::uint64_t contest = 0, number = 0;  ///< see block_request
  std::vector<std::size_t> cells;
  std::string server;       ///< name or address of the helper that runs their server; "": none
  std::size_t clients = 0;  ///< hosts that run the cells at once, if it is not this one only
};

/// Body of the request `helper`, which the host that measures a block sends while it does: a
/// message for a host that takes part. Helper 0 runs the server, each other one a client. The
/// harness passes the message on. The body of its reply `helped` has the same members.
struct helper_request {
  std::size_t helper = 0;
  std::shared_ptr<const nlohmann::json> message;  ///< request or reply with one member
};

/// Body of the request `server` to helper 0. The reply is `serving`.
struct server_request {
  std::optional<std::size_t> cell;  ///< start the server of this cell; nullopt: only report it
  std::string address;              ///< numeric; the server listens on it
  bool is_suspect = false;          ///< a cell failed: report why the server does not serve, if so
};

/// Body of the reply `serving`.
struct server_state {
  std::string endpoint;
  std::size_t cpus = 0;
  double cpu_s = 0;  ///< CPU time that the server has used
};

/// Body of the request `client` to the other helpers: a member of `arm` to call. The reply is
/// `called`.
struct client_request {
  std::string call;      ///< make, start, slice, cpu_s or finish
  std::size_t cell = 0;  ///< of the plan
  std::string endpoint;  ///< make: the server
  slice_plan slice = {};
};

// Conversions to and from JSON. Reading throws what nlohmann_json throws, or `error`.

nlohmann::json to_json(const host_start& start);
host_start host_start_from_json(const nlohmann::json& body);

nlohmann::json to_json(const host_settings& settings);
host_settings host_settings_from_json(const nlohmann::json& body);

nlohmann::json to_json(const host_facts& facts);
host_facts host_facts_from_json(const nlohmann::json& body);

/// Part of the request `plan`: names and descriptions of the cells.
nlohmann::json to_json(const std::vector<planned_cell>& cells);
std::vector<planned_cell> planned_cells_from_json(const nlohmann::json& body);

/// Body of the reply `planned`: reasons by index of the cell that the host cannot run.
using host_refusals = std::map<std::size_t, std::string>;
nlohmann::json to_json(const host_refusals& refusals);
host_refusals host_refusals_from_json(const nlohmann::json& body);

nlohmann::json to_json(const host_block& block);
host_block host_block_from_json(const nlohmann::json& body);

nlohmann::json to_json(const helper_request& request);
helper_request helper_request_from_json(const nlohmann::json& body);

nlohmann::json to_json(const client_request& request);
client_request client_request_from_json(const nlohmann::json& body);

nlohmann::json to_json(const server_request& request);
server_request server_request_from_json(const nlohmann::json& body);

nlohmann::json to_json(const server_state& state);
server_state server_state_from_json(const nlohmann::json& body);

/// Body of the reply `measured`.
nlohmann::json to_json(const std::vector<arm_record>& records);
std::vector<arm_record> arm_records_from_json(const nlohmann::json& body);

/// Sign of life that a host sends every second, as one line.
constexpr std::string_view sign_of_life = R"({"alive":{}})";

}  // namespace crossover
