#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/fleet/helper_hosts.hpp"
#include "bench/fleet/host_channel.hpp"
#include "bench/fleet/host_messages.hpp"
#include "bench/measure/environment.hpp"
#include "bench/measure/local_blocks.hpp"
#include "bench/results/json_text.hpp"
#include "tools/command_line.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/host_address.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

using nlohmann::json;

cell_options options_of_cells(const host_settings& settings) {
  cell_options options;
  options.program = executable_path();
  options.cells = cells_directory();
  options.launcher = settings.launcher;
  options.grace_s = settings.grace_s;
  return options;
}

void add_models(const string_list& flags) {
  CLI::App app("", "host");
  selection cells;
  cells.add_to(app);
  parse(app, flags);
  cells.add_models();
}

/// Returns why this host cannot run the cell; "" if it may.
std::string refusal_of(const planned_cell& cell, const machine& computer,
                       const machine_limits& limits) {
  if (*cell.cores > computer.usable())
    return fmt::format("needs {} cores, the host has {}", *cell.cores, computer.usable());
  std::map<std::string, std::string> endpoints;
  if (!cell.endpoint.empty()) endpoints[cell.workload] = cell.endpoint;
  try {
    return plan({matrix_of(cell)}, computer, limits, endpoints).front().skip_reason;
  } catch (const error& e) {
    return e.what();
  }
}

/// Returns the CPUs of a server that has this machine for itself.
cpu_assignment all_cpus(const machine& computer) {
  cpu_assignment all;
  for (const cpu_location& location : computer.cpus)
    if (all.server.size() < computer.usable()) all.server.push_back(location.cpu);
  return all;
}

/// Measures blocks for a harness on another machine, and takes part in those of other hosts.
class measuring_host {
 public:
  measuring_host(host_channel& channel, const host_settings& settings, const machine& computer)
      : computer_(computer),
        helpers_(channel),
        servers_(executable_path(), settings.endpoints),
        own_arms_(cell_arms(options_of_cells(settings), computer, servers_)),
        arms_([this](const cell_spec& cell) { return arm_of(cell); }),
        blocks_({.seconds = settings.seconds, .warm_up_s = settings.warm_up_s}, settings.seed,
                arms_, watch_) {}

  host_refusals plan(const json& cells, const machine& computer, const machine_limits& limits) {
    cells_ = planned_cells_from_json(cells);
    host_refusals refusals;
    for (std::size_t i = 0; i < cells_.size(); ++i)
      if (std::string reason = refusal_of(cells_[i], computer, limits); !reason.empty())
        refusals[i] = std::move(reason);
    return refusals;
  }

  std::vector<arm_record> measure(const json& body) {
    const host_block request = host_block_from_json(body);
    block_request block{.contest = request.contest, .number = request.number, .cells = {}};
    for (const std::size_t i : request.cells) block.cells.push_back(&cells_.at(i));
    clients_ = request.clients;
    endpoint_.clear();
    servers_.use(std::nullopt);
    if (!request.server.empty()) servers_.use(server_on(request.server, request.cells.at(0)));
    return blocks_.measure(block);
  }

  /// Starts or reports the server of another host's block.
  server_state serve(const json& body) {
    const server_request request = server_request_from_json(body);
    if (request.cell) {
      served_.emplace(executable_path(), std::map<std::string, std::string>(), request.address);
      server_ = served_->server_for(cells_.at(*request.cell), all_cpus(computer_));
    }
    if (!served_) throw error(error_kind::invalid, "no server was started");
    if (request.is_suspect)
      if (const std::string failure = served_->failure_of(server_); !failure.empty())
        throw error(error_kind::failed, failure);
    return {.endpoint = server_.endpoint, .cpus = server_.cpus, .cpu_s = server_.cpu_s()};
  }

  /// Runs a client in another host's block.
  json run_client(const json& body) {
    const client_request request = client_request_from_json(body);
    if (request.call != "make") return call(*client_arms_.at(request.cell), request);
    servers_.use(
        remote_server{.endpoint = request.endpoint, .cpus = 0, .cpu_s = {}, .failure = {}});
    client_arms_[request.cell] = own_arms_(cells_.at(request.cell));
    return json::object();
  }

  /// Ends what this host runs for another one's block.
  void release() {
    client_arms_.clear();
    served_.reset();
  }

 private:
  /// Starts the server of a block on another host, and connects to it once.
  remote_server server_on(const std::string& host, std::size_t cell) {
    const server_state started =
        helpers_.ask_server({.cell = cell, .address = numeric_address(host), .is_suspect = false});
    endpoint_ = started.endpoint;
    try {
      connect_to(endpoint_);
    } catch (const operation_error& e) {
      throw error(error_kind::failed, fmt::format("no connection to {} ({})", endpoint_, e.what()));
    }
    return {.endpoint = endpoint_,
            .cpus = started.cpus,
            .cpu_s = [this] { return helpers_.ask_server({}).cpu_s; },
            .failure = [this] { return failure_of_server(); }};
  }

  std::string failure_of_server() {
    try {
      helpers_.ask_server({.cell = {}, .address = "", .is_suspect = true});
      return {};
    } catch (const error& e) {
      return e.what();
    }
  }

  std::unique_ptr<arm> arm_of(const cell_spec& cell) {
    std::unique_ptr<arm> own = own_arms_(cell);
    if (clients_ < 2) return own;
    const auto planned = std::find_if(cells_.begin(), cells_.end(),
                                      [&](const cell_spec& other) { return &other == &cell; });
    return several_clients(std::move(own), helpers_, clients_,
                           {.call = "",
                            .cell = static_cast<std::size_t>(planned - cells_.begin()),
                            .endpoint = endpoint_});
  }

  const machine& computer_;
  helper_hosts helpers_;
  server_pool servers_;
  arm_factory own_arms_, arms_;
  machine_watch watch_;
  local_blocks blocks_;
  std::vector<planned_cell> cells_;
  std::size_t clients_ = 0;  ///< of the block; 0 or 1: this host only
  std::string endpoint_;     ///< of the block's server on another host

  std::optional<server_pool> served_;  ///< for the block of another host
  server_pool::server server_;
  std::map<std::size_t, std::unique_ptr<arm>> client_arms_;  ///< by cell, for the same
};

/// Answers the requests of the harness.
class request_handler {
 public:
  explicit request_handler(host_channel& channel) : channel_(channel) {}

  json reply_to(const std::string& line) {
    try {
      return handle(parse_json(line));
    } catch (const error& e) {
      return error_reply(to_string(e.kind()), e.what());
    } catch (const json::exception& e) {
      return error_reply(to_string(error_kind::invalid), e.what());
    } catch (const std::out_of_range&) {
      return error_reply(to_string(error_kind::invalid), "the plan has no such cell");
    }
  }

 private:
  static json error_reply(std::string_view kind, std::string_view message) {
    return {{"error", {{"kind", kind}, {"message", message}}}};
  }

  json handle(const json& request) {
    if (request.contains("start")) return {{"ready", to_json(start(request["start"]))}};
    if (request.contains("plan")) {
      const json& body = request["plan"];
      host_.emplace(channel_, host_settings_from_json(body.at("settings")), computer_);
      return {{"planned", to_json(host_->plan(body.at("cells"), computer_, read_limits()))}};
    }
    if (request.contains("block") && host_)
      return {{"measured", to_json(host_->measure(request["block"]))}};
    if (request.contains("server") && host_)
      return {{"serving", to_json(host_->serve(request["server"]))}};
    if (request.contains("client") && host_)
      return {{"called", host_->run_client(request["client"])}};
    if (request.contains("release") && host_) {
      host_->release();
      return {{"released", json::object()}};
    }
    throw error(error_kind::invalid, "expected 'start', then 'plan', then 'block'");
  }

  host_facts start(const json& body) {
    const host_start request = host_start_from_json(body);
    channel_.send_signs(request.sign_interval_s);
    if (!request.models.empty()) add_models(request.models);
    const char* const node = std::getenv("SLURMD_NODENAME");
    return {.node = node == nullptr ? "" : node,
            .environment = read_environment(computer_),
            .computer = computer_,
            .limits = read_limits()};
  }

  host_channel& channel_;
  const machine computer_ = read_machine();
  std::optional<measuring_host> host_;
};

}  // namespace

int host_command(const string_list& arguments) {
  CLI::App app(
      "usage: crossover host\n"
      "Measure blocks for `crossover run --hosts` on another machine: read one JSON\n"
      "request per line from standard input, write one JSON reply per line to standard\n"
      "output. See docs/fleet.md.\n"
      "Example:  ssh node1 crossover host",
      "host");
  if (!parse(app, arguments)) return exit_code::ok;
  catch_interrupts();
  host_channel channel(STDIN_FILENO, STDOUT_FILENO);
  request_handler handler(channel);
  while (const std::optional<std::string> line = channel.next())
    channel.send(handler.reply_to(*line));
  return exit_code::ok;
}

}  // namespace crossover
