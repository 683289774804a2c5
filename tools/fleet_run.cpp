#include "tools/fleet_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "tools/earlier_run.hpp"

namespace crossover {
namespace {

/// A host that is silent for a shorter time may only be busy.
constexpr double min_silence_s = 2;

/// Returns the flags of `run` that add models: each host adds them too.
string_list flags_of_models(const selection& cells) {
  string_list flags;
  for (const std::string& program : cells.programs) flags.insert(flags.end(), {"--cell", program});
  for (const std::string& command : cells.commands)
    flags.insert(flags.end(), {"--command", command});
  if (!cells.commands.empty())
    for (const std::string& model : cells.models) flags.insert(flags.end(), {"--model", model});
  return flags;
}

/// Throws `error` (failed) unless there are enough hosts; sets the addresses of nodes of Slurm.
void prepare_servers(fleet& hosts, std::size_t clients, bool is_slurm) {
  if (hosts.count() <= clients)
    throw error(error_kind::failed,
                fmt::format("--server-on other: {} of the {} hosts that are needed can measure",
                            hosts.count(), clients + 1));
  if (!is_slurm) return;
  string_list names;
  for (std::size_t h = 0; h < hosts.count(); ++h) names.push_back(hosts.name(h));
  const std::map<std::string, std::string> addresses = addresses_of_nodes(names);
  for (std::size_t h = 0; h < hosts.count(); ++h)
    if (const auto known = addresses.find(hosts.name(h)); known != addresses.end())
      hosts.set_address(h, known->second);
}

}  // namespace

std::unique_ptr<fleet> start_fleet(const run_flags& flags, std::size_t clients,
                                   const std::map<std::string, std::string>& environment,
                                   progress_line& line) {
  const std::vector<fleet_member> members = flags.fleet.members();
  if (clients > 0 && members.size() <= clients)
    throw error(error_kind::invalid,
                fmt::format("--server-on other: needs --hosts with {} hosts or more", clients + 1));
  if (members.empty()) return nullptr;
  fleet::options options;
  options.silence_s = std::max(flags.grace_s, min_silence_s);
  options.waits_for_start = flags.fleet.waits_for_start();
  options.environment = environment;
  const auto report_start = [&line](std::size_t started, std::size_t of) {
    measuring_progress progress;
    progress.done = started;
    progress.total = of;
    progress.unit = "hosts started";
    progress.cell = "waiting for Slurm";
    line.show(progress);
  };
  if (options.waits_for_start) {
    options.report_start = report_start;
    report_start(0, members.size());
  }
  options.report_loss = [&line](const std::string& name, const std::string& reason) {
    line.clear();
    fmt::print(stderr, "{}: lost {}: {}\n", program_name(),
               name.empty() ? "a host" : "host " + name, reason);
  };
  auto hosts = std::make_unique<fleet>(members, host_start{flags_of_models(flags.cells)},
                                       std::move(options));
  if (clients > 0) prepare_servers(*hosts, clients, flags.fleet.is_slurm());
  return hosts;
}

void skip_local_servers(std::vector<planned_cell>& cells) {
  for (planned_cell& cell : cells)
    if (cell.skip_reason.empty() && needed_server_of(cell) == needed_server::local)
      cell.skip_reason = fmt::format(
          "--server-on other: other hosts cannot reach its server; give --endpoint {}=ADDRESS",
          cell.workload);
}

std::vector<std::uint32_t> add_hosts(results& all, fleet& hosts) {
  std::vector<std::uint32_t> numbers;
  for (std::size_t h = 0; h < hosts.count(); ++h) {
    const auto known = std::find_if(all.hosts.begin(), all.hosts.end(), [&](const host& earlier) {
      return earlier.name == hosts.name(h);
    });
    numbers.push_back(static_cast<std::uint32_t>(known - all.hosts.begin()));
    if (!hosts.lost(h).empty()) continue;
    if (known == all.hosts.end()) {
      all.hosts.push_back({hosts.name(h), hosts.facts(h).environment});
      continue;
    }
    const std::string difference =
        machine_difference(known->environment, hosts.facts(h).environment);
    if (difference.empty())
      known->lost.clear();
    else
      hosts.exclude(h, fmt::format("another machine than before: {}", difference));
  }
  return numbers;
}

}  // namespace crossover
