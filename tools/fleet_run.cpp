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

}  // namespace

std::unique_ptr<fleet> start_fleet(const run_flags& flags,
                                   const std::map<std::string, std::string>& environment,
                                   progress_line& line) {
  const std::vector<fleet_member> members = flags.fleet.members();
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
  return std::make_unique<fleet>(members, host_start{flags_of_models(flags.cells)},
                                 std::move(options));
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
