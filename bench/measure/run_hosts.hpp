#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/measure/contest_plan.hpp"
#include "bench/measure/measuring_hosts.hpp"
#include "bench/measure/turn_order.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// A block that a host measures now.
struct running_block {
  std::size_t contest = 0;
  std::vector<std::size_t> cells;
  std::int64_t begin_ns = 0;
  std::vector<std::size_t> helpers = {};  ///< see block_request
};

/// A host and its part in the run.
struct host_state {
  turn_order turns;
  std::optional<std::uint32_t> number = {};          ///< in results::hosts; nullopt: no fleet
  std::map<std::size_t, int> failures = {};          ///< by cell
  std::map<std::size_t, std::string> refusals = {};  ///< by cell that it does not measure
  std::optional<running_block> running = {};
  bool helps = false;     ///< it takes part in another host's block
  std::size_t begun = 0;  ///< blocks
  /// Contest whose turn it keeps until enough other hosts are idle.
  std::optional<std::size_t> waits_for = {};
};

/// The hosts of a run, and the cells that each measures.
class run_hosts {
 public:
  /// `numbers`: index into `results::hosts` of each host of a fleet; empty without one.
  run_hosts(measuring_hosts& hosts, const std::vector<std::uint32_t>& numbers,
            const std::vector<planned_cell>& cells, std::uint64_t seed);

  std::size_t count() const { return states_.size(); }
  host_state& operator[](std::size_t host) { return states_[host]; }
  /// Returns the host with this number; nullptr if it is not in this run.
  host_state* find(std::optional<std::uint32_t> number);
  bool is_live(std::size_t host) const { return hosts_.lost(host).empty(); }
  std::size_t live_count() const;
  bool is_idle(std::size_t host) const {
    return is_live(host) && !states_[host].running && !states_[host].helps;
  }
  /// Returns the idle hosts in the order of their next blocks. `take_turns`: those that wait
  /// come first, then those that have begun fewest blocks, so that all hosts begin as many.
  std::vector<std::size_t> idle(bool take_turns) const;
  /// Returns a host for the server of a block and `clients - 1` for further clients, which can run
  /// these cells: the idle ones that have begun most blocks. Empty if there are not enough.
  std::vector<std::size_t> helpers_for(std::size_t host, const std::vector<std::size_t>& cells,
                                       std::size_t clients) const;
  bool any_runs() const;
  /// Returns whether the live hosts suffice for a server and `clients` that can run these cells.
  bool can_measure(const std::vector<std::size_t>& cells, std::size_t clients) const;

  /// Returns the cells of a contest that a host measures.
  std::vector<std::size_t> cells_for(const host_state& host, const planned_contest& c,
                                     const results& all) const;
  /// Counts a failure of a cell. A second one ends its measurement on the host, as does a refusal;
  /// then returns true if no host measures it.
  bool excludes(host_state& host, std::size_t cell, const std::string& reason, bool is_refusal);
  bool has_failed(std::size_t cell) const;

  /// Stores why each lost host measured no more.
  void store_losses(results& all) const;
  /// Adds a finding to each measured cell that not every host of a fleet measured.
  void find_refusals(results& all) const;

 private:
  bool can_run(std::size_t host, const std::vector<std::size_t>& cells) const;

  measuring_hosts& hosts_;
  std::vector<host_state> states_;
};

}  // namespace crossover
