#include "bench/results/findings.hpp"

#include <algorithm>
#include <array>

namespace crossover {
namespace {

using enum finding_effect;

constexpr std::array table = {
    finding_type{"server_bound", "the server was the limit, not the model",
                 "the server used over 90 % of its CPUs", invalidates,
                 "give the server more CPUs, or fewer cores to the model"},
    finding_type{"shared_cores", "server and model competed for the same CPUs",
                 "the machine has no CPUs left for the server", affects_all,
                 "use fewer cores, a larger machine, or a server elsewhere (--endpoint, "
                 "--server-on other)"},
    finding_type{"errors", "operations ended in error", "any error in a window", widens,
                 "see the errors of the samples"},
    finding_type{"above_ceiling", "more operations than arithmetic allows",
                 "1 % above in flight / delay with one more operation per lane and window, or 25 % "
                 "above cores × the best one-core rate",
                 invalidates, "report it: work was skipped"},
    finding_type{"littles_law", "some waiting was not measured",
                 "throughput × mean latency is off by more than 10 %", widens,
                 "trust throughput, not latency"},
    finding_type{"behind_schedule", "arrivals of the open loop began late or never",
                 "2 % of the arrivals began over 5 ms late or never", invalidates,
                 "lower --rate, or give the model more cores or concurrency"},
    finding_type{"not_idle", "the model used the CPU during the turns of others",
                 "5 % of a CPU in two blocks", affects_all,
                 "none: it is measured separately from then on"},
    finding_type{"split", "the model was measured in separate blocks",
                 "more than 1,024 threads or processes", explains, "none"},
    finding_type{"no_window", "start and drain are part of the figures",
                 "the cell knows only protocol 1", widens, "update the cell to protocol 2"},
    finding_type{"steal", "the hypervisor took CPU time", "2 % of the cell's CPU time", affects_all,
                 "use a machine with dedicated CPUs"},
    finding_type{"foreign_load", "other programs used the CPUs", "5 % of the machine's CPU time",
                 affects_all, "stop other programs"},
    finding_type{"slow_machine", "the CPU's speed changed",
                 "a fixed computation took over 3 % longer in most blocks", affects_all,
                 "fix the clock frequency, cool the machine, stop other programs"},
    finding_type{"throttled", "the cgroup's CPU quota stopped the cell", "1 % of the time",
                 affects_all, "raise the quota, or use fewer cores"},
    finding_type{"pressure", "tasks waited for memory or I/O", "5 % of the time", affects_all,
                 "free memory, stop programs that use the disk"},
    finding_type{"unstable", "blocks scatter widely", "s.d. of the blocks above 15 %", widens,
                 "measure longer (--budget), stop other programs"},
    finding_type{"client_skew", "the windows of the clients overlapped in part",
                 "5 % of a window may have had fewer clients", widens,
                 "use hosts that are nearer to each other"},
    finding_type{"not_on_all_hosts", "some hosts did not measure the cell",
                 "a host has too few cores or descriptors, or the cell failed on it twice",
                 explains, "see its reason; use hosts of one type"},
    finding_type{"other_machine", "the launcher started the cells on another machine",
                 "another kernel's boot id", explains,
                 "none: the page's machine is that of crossover run"},
    finding_type{"in_flight_ignored", "the model runs one operation at a time",
                 "more than one core or operation in flight requested", explains, "none"},
    finding_type{"blocks_loop", "each operation blocks all others on its loop",
                 "the workload works on a file", explains, "none"},
};

}  // namespace

std::string_view to_string(finding_effect effect) {
  switch (effect) {
    case invalidates:
      return "the figures are not the model's";
    case widens:
      return "more scatter or an unknown offset";
    case affects_all:
      return "affects all models of a contest: ratios hold";
    case explains:
      return "no doubt about the figures";
  }
  return "";
}

std::span<const finding_type> all_findings() { return table; }

const finding_type* find_finding(std::string_view code) {
  const auto* const found = std::find_if(table.begin(), table.end(),
                                         [&](const finding_type& f) { return f.code == code; });
  return found == table.end() ? nullptr : found;
}

}  // namespace crossover
