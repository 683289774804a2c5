#include "tools/fleet_flags.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>
#include <sstream>

#include "workloads/base/atomic_file.hpp"
#include "workloads/base/command_words.hpp"

namespace crossover {
namespace {

constexpr std::string_view begin_of_address = "address=";

/// Returns the command that starts this program, at the same path, through ssh. The remote shell
/// splits it.
string_list ssh_words(const std::string& name) {
  return {"ssh", "-oBatchMode=yes", "--", name, shell_word(executable_path()), "host"};
}

/// Returns the names of the nodes of the allocation that this process is in.
string_list nodes_of_allocation() {
  const char* const list = std::getenv("SLURM_JOB_NODELIST");
  child_process scontrol({"scontrol", "show", "hostnames", list == nullptr ? "" : list});
  std::istringstream lines(scontrol.read_to_end(child_process::duration(20)));
  return {std::istream_iterator<std::string>(lines), {}};
}

/// Returns the part of a host's name, such as user@[::1], that is its address.
std::string address_in(const std::string& name) {
  std::string address = name.substr(name.find('@') + 1);
  std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
  return address;
}

/// Returns the beginning of a command that starts a step on all CPUs that the job has on a node.
string_list step_words() { return {"srun", "--overlap", "-N1", "-n1", "--cpu-bind=none"}; }

/// Returns one step per node of the allocation.
std::vector<fleet_member> steps_of_allocation() {
  std::vector<fleet_member> hosts;
  for (const std::string& node : nodes_of_allocation()) {
    string_list words = step_words();
    words.insert(words.end(), {"-w", node, executable_path(), "host"});
    hosts.push_back({.name = node, .words = words});
  }
  return hosts;
}

/// Returns one job per node, because a node that fails ends its job. salloc frees the node when its
/// command ends or at SIGTERM.
std::vector<fleet_member> jobs(std::uint32_t nodes, const std::string& partition) {
  string_list words = {"salloc", "-Q", "-N1", "--exclusive", "-J", "crossover"};
  if (!partition.empty()) words.push_back("--partition=" + partition);
  const string_list step = step_words();
  words.insert(words.end(), step.begin(), step.end());
  words.insert(words.end(), {executable_path(), "host"});
  return std::vector<fleet_member>(nodes, {.name = "", .words = words, .ends_gently = true});
}

}  // namespace

void fleet_flags::add_to(CLI::App& app) {
  add_value(app, "--hosts", "FILE", hosts, plain_text(),
            "file, or slurm (--nodes, --partition); --server-on");
  add_value(app, "--nodes", "N", nodes, whole_text{1, 10'000},
            "--hosts slurm: nodes to allocate (default: those of the allocation)")
      ->group(mentioned_group);
  add_value(app, "--partition", "P", partition, plain_text(),
            "--hosts slurm: partition to allocate --nodes in")
      ->group(mentioned_group);
  add_value(app, "--server-on", "other", server_on, word_text{{"other"}},
            "--hosts: run a block's server on another host than its cells")
      ->group(mentioned_group);
  add_value(app, "--clients", "N", clients, whole_text{1, 1000},
            "--server-on other: hosts that run a cell at once (default 1)")
      ->group(mentioned_group);
}

std::uint32_t fleet_flags::clients_of_server() const {
  if (server_on.empty() && clients > 0)
    throw error(error_kind::invalid, "--clients: needs --server-on other");
  return server_on.empty() ? 0 : std::max(1U, clients);
}

std::vector<fleet_member> fleet_flags::members() const {
  const auto refuse = [](const std::string& problem) { throw error(error_kind::invalid, problem); };
  if (!is_slurm()) {
    if (nodes > 0 || !partition.empty()) refuse("--nodes and --partition need --hosts slurm");
    if (hosts.empty()) return {};
    return parse_hosts(read_file(hosts), hosts);
  }
  const bool is_inside = std::getenv("SLURM_JOB_ID") != nullptr;
  if (is_inside && (nodes > 0 || !partition.empty()))
    refuse(
        "--hosts slurm: this is inside an allocation, which is used; leave out --nodes and "
        "--partition");
  if (!is_inside && nodes == 0)
    refuse(
        "--hosts slurm: not inside an allocation of Slurm; give --nodes N, or start with "
        "salloc or sbatch");
  naming_flag("--hosts", hosts, [](const std::string&) {
    require_program({"srun"});
    return true;
  });
  return is_inside ? steps_of_allocation() : jobs(nodes, partition);
}

std::map<std::string, std::string> addresses_of_nodes(const string_list& names) {
  child_process sinfo(
      {"sinfo", "-h", "-N", "-n", fmt::format("{}", fmt::join(names, ",")), "-o", "%N %o"});
  std::istringstream words(sinfo.read_to_end(child_process::duration(20)));
  std::map<std::string, std::string> addresses;
  for (std::string name, address; words >> name >> address;) addresses[name] = address;
  return addresses;
}

string_list fleet_flags::words() const {
  string_list all;
  if (is_given()) all.insert(all.end(), {"--hosts", hosts});
  if (nodes > 0) all.insert(all.end(), {"--nodes", fmt::format("{}", nodes)});
  if (!partition.empty()) all.insert(all.end(), {"--partition", partition});
  return all;
}

std::vector<fleet_member> parse_hosts(const std::string& text, const std::string& file) {
  static const RE2 name_pattern("[A-Za-z0-9_.@:\\[\\]%+][-A-Za-z0-9_.@:\\[\\]%+]*");
  std::vector<fleet_member> hosts;
  std::set<std::string> names;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto refuse = [&](const std::string& problem) {
      throw error(error_kind::unreadable, fmt::format("{}:{}: {}", file, number, problem));
    };
    std::istringstream words(line);
    std::string name, rest;
    if (!(words >> name) || name.starts_with('#')) continue;
    if (!RE2::FullMatch(name, name_pattern))
      refuse(fmt::format("'{}' is not the name of a host", name));
    if (!names.insert(name).second) refuse(fmt::format("'{}' is named twice", name));
    std::getline(words >> std::ws, rest);
    try {
      fleet_member host{.name = name, .address = address_in(name), .words = {}};
      if (!rest.empty()) host.words = split_words(rest);
      if (!host.words.empty() && host.words.front().starts_with(begin_of_address)) {
        host.address = host.words.front().substr(begin_of_address.size());
        if (host.address.empty())
          throw error(error_kind::invalid, "missing address after 'address='");
        host.words.erase(host.words.begin());
      }
      if (host.words.empty()) host.words = ssh_words(name);
      hosts.push_back(std::move(host));
    } catch (const error& e) {
      refuse(e.what());
    }
  }
  if (hosts.empty()) throw error(error_kind::unreadable, fmt::format("{}: names no host", file));
  return hosts;
}

}  // namespace crossover
