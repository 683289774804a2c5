#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/cell/child_process.hpp"
#include "bench/fleet/host_messages.hpp"
#include "bench/measure/measuring_hosts.hpp"

namespace crossover {

/// Host of a fleet before its start.
struct fleet_member {
  std::string name;                ///< "": the host reports it
  std::string address = {};        ///< of its servers, for other hosts; "": its name
  std::vector<std::string> words;  ///< start `crossover host` there, for example through ssh
  bool ends_gently = false;        ///< see child_options
};

/// The hosts of `run --hosts` that could be started: each is a process `crossover host`, usually
/// behind ssh or srun. A host that ends, sends an invalid reply or no sign of life is lost; its
/// exit code has no meaning.
class fleet final : public measuring_hosts {
 public:
  struct options {
    double silence_s = 20;         ///< a host is lost after this time without a sign of life
    bool waits_for_start = false;  ///< a scheduler may need any time to start the hosts
    /// Fingerprint of this program; a host with another build is lost.
    std::map<std::string, std::string> environment;
    std::function<void(std::size_t started, std::size_t of)> report_start;
    /// `name`: "" if the host has not reported it.
    std::function<void(const std::string& name, const std::string& reason)> report_loss;
  };

  /// Starts the hosts. Throws `error` (failed) if none can be started, and `interrupted`.
  fleet(const std::vector<fleet_member>& members, host_start start, options given);
  /// Ends the hosts. They have 25 s to end what they started.
  ~fleet() override;
  fleet(const fleet&) = delete;
  fleet& operator=(const fleet&) = delete;

  const std::string& name(std::size_t host) const { return hosts_[host].name; }
  const host_facts& facts(std::size_t host) const { return hosts_[host].facts; }
  /// Returns the live host with most usable CPUs.
  const host_facts& largest() const;
  /// Sets the address that other hosts use for the servers of a host.
  void set_address(std::size_t host, std::string address) {
    hosts_[host].address = std::move(address);
  }
  /// Ends a host that must not measure.
  void exclude(std::size_t host, const std::string& reason) { lose(hosts_[host], reason); }
  /// Sends the cells of the run to the hosts, which find out what they cannot run.
  void plan(const std::vector<planned_cell>& cells, const host_settings& settings);

  std::size_t count() const override { return hosts_.size(); }
  std::string lost(std::size_t host) const override { return hosts_[host].lost; }
  std::string refusal(std::size_t host, const planned_cell& cell) const override;
  void begin(std::size_t host, const block_request& block) override;
  ended_block wait() override;

 private:
  using time_point = std::chrono::steady_clock::time_point;
  struct connection {
    std::string name;
    std::string address;
    bool ends_gently = false;
    std::optional<child_process> process = {};
    time_point deadline = {};  ///< for the next sign of life
    std::string lost = {};
    host_facts facts = {};
    host_refusals refusals = {};
    bool is_asked = false;                     ///< by `ask_all`, and has not replied
    std::optional<std::size_t> measures = {};  ///< number of cells of its block
    std::vector<std::size_t> helpers = {};     ///< see block_request
    std::string block_lost = {};               ///< why its block is discarded when it ends
    std::optional<std::size_t> leader = {};    ///< host in whose block it takes part
    bool is_asked_to_help = false;             ///< by its leader, and has not replied
    std::size_t ignored_replies = 0;           ///< that are still to come, to requests given up
  };

  /// Sends a request to all hosts and takes the member `expected` of their replies. `deadline`: for
  /// the first sign of life.
  void ask_all(const nlohmann::json& request, const char* expected, time_point deadline,
               const std::function<void(connection&, const nlohmann::json&)>& take);
  void send(connection& host, const nlohmann::json& request);
  /// Runs a step; an error of it loses the host.
  void attempt(connection& host, const std::function<void()>& step);
  void lose(connection& host, const std::string& reason);
  std::size_t number_of(const connection& host) const {
    return static_cast<std::size_t>(&host - hosts_.data());
  }
  /// Passes a request to a host that takes part in the block of `leader`.
  void pass_request(connection& leader, const std::string& line);
  void pass_reply(connection& helper, const std::string& line);
  void send_reply(connection& helper, nlohmann::json reply);
  /// Ends what other hosts run for a host's block.
  void release_helpers(connection& leader);
  void take_block(connection& host, const std::string& line, ended_block& ended);
  void check_build(const connection& host) const;
  void check_name(const connection& host) const;
  /// Waits for output of hosts and adds their replies to `replies_`.
  void listen();
  void receive(connection& host);
  bool has_arrived(connection& host);

  options options_;
  std::vector<connection> hosts_;
  std::vector<child_process> lost_processes_;  ///< that are about to end
  std::map<std::string, std::size_t> cells_;   ///< by name
  std::deque<std::pair<connection*, std::string>> replies_;
  std::deque<ended_block> ended_;  ///< with lost hosts
};

}  // namespace crossover
