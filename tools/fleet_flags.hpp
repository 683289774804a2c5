#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/fleet/fleet.hpp"
#include "tools/command_line.hpp"

namespace crossover {

/// Flags of `run` that name the hosts of a fleet.
struct fleet_flags {
  std::string hosts;          ///< a file, or "slurm"; "": this machine measures
  std::string partition;      ///< of Slurm, for an allocation of its own
  std::uint32_t nodes = 0;    ///< size of that allocation; 0: inside an allocation
  std::string server_on;      ///< "other": servers run on other hosts than the cells
  std::uint32_t clients = 0;  ///< hosts that run a cell at once against such a server; 0: one

  void add_to(CLI::App& app);
  bool is_given() const { return !hosts.empty(); }
  bool is_slurm() const { return hosts == "slurm"; }
  /// Returns the number of clients of a server on another host; 0 if servers run beside the cells.
  /// Throws `error` (invalid).
  std::uint32_t clients_of_server() const;
  /// Returns whether the scheduler may need any time to start the hosts.
  bool waits_for_start() const { return nodes > 0; }
  /// Returns how to start each host. Throws `error` (invalid or unreadable).
  std::vector<fleet_member> members() const;
  /// Returns the flags as command-line arguments.
  string_list words() const;
};

/// Returns the addresses of nodes by their names, from Slurm.
std::map<std::string, std::string> addresses_of_nodes(const string_list& names);

/// Returns the hosts of a file: a line has a name, `address=A` if its servers listen on another
/// address than that of its name, and the command that starts `crossover host` there unless it is
/// `ssh NAME`. Empty lines and those that begin with # are skipped. Throws `error` (unreadable)
/// that names the line.
std::vector<fleet_member> parse_hosts(const std::string& text, const std::string& file);

}  // namespace crossover
