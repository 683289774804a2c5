#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/fleet/host_channel.hpp"
#include "bench/fleet/host_messages.hpp"
#include "bench/measure/environment.hpp"
#include "bench/measure/local_blocks.hpp"
#include "bench/results/json_text.hpp"
#include "tools/command_line.hpp"
#include "workloads/base/interrupt.hpp"

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

/// Measures blocks for a harness on another machine.
class measuring_host {
 public:
  measuring_host(const host_settings& settings, const machine& computer)
      : servers_(executable_path(), settings.endpoints),
        arms_(cell_arms(options_of_cells(settings), computer, servers_)),
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
    return blocks_.measure(block);
  }

 private:
  server_pool servers_;
  arm_factory arms_;
  machine_watch watch_;
  local_blocks blocks_;
  std::vector<planned_cell> cells_;
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
      host_.emplace(host_settings_from_json(body.at("settings")), computer_);
      return {{"planned", to_json(host_->plan(body.at("cells"), computer_, read_limits()))}};
    }
    if (request.contains("block") && host_)
      return {{"measured", to_json(host_->measure(request["block"]))}};
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
