#include <gtest/gtest.h>

#include <fmt/format.h>

#include <map>
#include <set>

#include "bench/measure/arms_for_test.hpp"
#include "bench/measure/contest.hpp"
#include "bench/measure/continued_run.hpp"
#include "bench/measure/hosts_for_test.hpp"

namespace crossover {
namespace {

/// A run of two contests of two models on scripted hosts.
struct fleet_run_for_test {
  explicit fleet_run_for_test(std::size_t count,
                              const std::vector<std::string>& workloads = {"noop"})
      : cells(cells_for_test({"event_loop", "processes"}, {1, 8}, workloads)), hosts(count) {
    for (const planned_cell& cell : cells) all.cells.push_back(result_of(cell));
    for (std::uint32_t h = 0; h < count; ++h) {
      all.hosts.push_back({fmt::format("node{}", h), {}});
      options.hosts.push_back(h);
    }
    options.repetitions = 6;
    options.is_settled = [](const results&, const std::vector<std::size_t>&) { return false; };
  }
  void run() { run_contests(cells, all, hosts, options); }

  /// Returns how many samples each host has measured.
  std::map<std::uint32_t, std::size_t> samples_by_host() const {
    std::map<std::uint32_t, std::size_t> counts;
    for (const cell_result& cell : all.cells)
      for (const sample& s : cell.samples) ++counts[s.host.value()];
    return counts;
  }

  std::vector<planned_cell> cells;
  results all;
  scripted_hosts hosts;
  measuring_options options;
};

TEST(fleet_contests, hosts_measure_at_once_and_share_the_blocks) {
  fleet_run_for_test test(3);
  test.run();
  EXPECT_EQ(test.all.status, results_status::complete);
  EXPECT_EQ(test.hosts.most_running, 3U);
  for (const cell_result& cell : test.all.cells) EXPECT_EQ(cell.samples.size(), 6U) << cell.name;
  for (const auto& [host, count] : test.samples_by_host()) EXPECT_EQ(count, 8U) << host;
  const std::set begun(test.hosts.begun.begin(), test.hosts.begun.end());
  EXPECT_EQ(begun.size(), 12U) << "no block is measured twice";
  std::map<std::uint64_t, std::uint32_t> hosts;  // by block
  for (const cell_result& cell : test.all.cells)
    for (const sample& s : cell.samples)
      EXPECT_EQ(hosts.emplace(s.block.value(), s.host.value()).first->second, s.host)
          << "a block is measured whole on one host";
  EXPECT_EQ(hosts.size(), 12U) << "block numbers are unique over the hosts";
}

TEST(fleet_contests, every_host_measures_every_contest) {
  fleet_run_for_test test(2);
  test.run();
  for (const cell_result& cell : test.all.cells) {
    std::set<std::uint32_t> hosts;
    for (const sample& s : cell.samples) hosts.insert(s.host.value());
    EXPECT_EQ(hosts.size(), 2U) << cell.name;
  }
}

TEST(fleet_contests, a_slow_host_measures_fewer_blocks) {
  fleet_run_for_test test(3);
  test.options.repetitions = 20;
  test.hosts.hosts[1].block_s = 10;
  test.run();
  const auto counts = test.samples_by_host();
  EXPECT_LT(3 * counts.at(1), counts.at(0));
  for (const cell_result& cell : test.all.cells) EXPECT_EQ(cell.samples.size(), 20U);
}

TEST(fleet_contests, a_lost_host_costs_only_its_running_block) {
  fleet_run_for_test test(3);
  test.hosts.hosts[2].blocks_until_lost = 2;
  test.run();
  EXPECT_EQ(test.all.status, results_status::complete);
  EXPECT_EQ(test.samples_by_host().at(2), 4U) << "its two blocks are kept";
  for (const cell_result& cell : test.all.cells) EXPECT_EQ(cell.samples.size(), 6U) << cell.name;
  EXPECT_EQ(test.hosts.begun.size(), 13U) << "one block more";
  EXPECT_EQ(test.all.hosts[2].lost, "no sign of life");
  EXPECT_EQ(test.all.hosts[1].lost, "");
}

TEST(fleet_contests, blocks_are_kept_if_all_hosts_are_lost) {
  fleet_run_for_test test(2);
  for (auto& host : test.hosts.hosts) host.blocks_until_lost = 2;
  test.run();
  EXPECT_EQ(test.all.status, results_status::interrupted);
  EXPECT_EQ(test.samples_by_host(), (std::map<std::uint32_t, std::size_t>{{0, 4}, {1, 4}}));
}

TEST(fleet_contests, a_hundred_hosts_begin_no_more_blocks_than_are_wanted) {
  fleet_run_for_test test(100);
  test.options.repetitions = 30;
  test.run();
  EXPECT_EQ(test.hosts.begun.size(), 60U);
  EXPECT_EQ(test.hosts.most_running, 60U);
  for (const cell_result& cell : test.all.cells) EXPECT_EQ(cell.samples.size(), 30U);
}

TEST(fleet_contests, a_used_up_budget_ends_the_run_with_the_running_blocks) {
  fleet_run_for_test test(100);
  test.options.repetitions = 0;
  test.options.budget_s = 10;
  test.options.save = [&] { test.options.budget_s = 0; };
  test.run();
  EXPECT_EQ(test.all.status, results_status::complete);
  EXPECT_EQ(test.hosts.begun.size(), 100U);
  std::size_t samples = 0;
  for (const cell_result& cell : test.all.cells) samples += cell.samples.size();
  EXPECT_EQ(samples, 200U);
}

TEST(fleet_contests, many_blocks_are_not_judged_after_each) {
  fleet_run_for_test test(100);
  test.options.repetitions = 0;
  test.options.budget_s = 1000;
  std::map<std::size_t, int> judged;  // by blocks
  test.options.is_settled = [&](const results& all, const std::vector<std::size_t>& cells) {
    return ++judged[all.cells[cells[0]].samples.size()] > 0 &&
           all.cells[cells[0]].samples.size() >= 1000;
  };
  test.run();
  for (std::size_t blocks = 1; blocks < 10; ++blocks) EXPECT_EQ(judged[blocks], 2) << blocks;
  EXPECT_LT(judged.size(), 100U);
  for (const cell_result& cell : test.all.cells) {
    EXPECT_GE(cell.samples.size(), 1000U);
    EXPECT_LT(cell.samples.size(), 1250U) << "10 % more blocks, and those of the running hosts";
  }
}

TEST(fleet_contests, a_cell_is_measured_on_the_hosts_that_can_run_it) {
  fleet_run_for_test test(3);
  test.hosts.hosts[0].refuses = {"event_loop", "processes"};
  test.hosts.hosts[1].refuses = {"processes"};
  test.run();
  EXPECT_EQ(test.all.status, results_status::complete);
  EXPECT_FALSE(test.samples_by_host().contains(0));
  for (const cell_result& cell : test.all.cells) {
    EXPECT_GE(cell.samples.size(), 6U) << cell.name;
    for (const sample& s : cell.samples) EXPECT_TRUE(s.host == 2U || cell.model == "event_loop");
    ASSERT_EQ(cell.findings.size(), 1U) << cell.name;
    EXPECT_EQ(cell.findings[0].code, "not_on_all_hosts");
    EXPECT_EQ(cell.findings[0].detail, cell.model == "processes"
                                           ? "node0: not on this host; and 1 more"
                                           : "node0: not on this host");
  }
}

TEST(fleet_contests, a_cell_that_fails_on_one_host_is_measured_on_the_others) {
  fleet_run_for_test test(2);
  test.hosts.hosts[0].fails = {"processes"};
  test.run();
  for (const cell_result& cell : test.all.cells) {
    EXPECT_EQ(cell.status, cell_status::ok) << cell.name << ": " << cell.reason;
    EXPECT_EQ(cell.reason, "");
    if (cell.model == "processes") {
      EXPECT_EQ(cell.samples.size(), 6U);
      EXPECT_TRUE(has_finding(cell, "not_on_all_hosts"));
    }
  }
}

TEST(fleet_contests, a_cell_that_fails_on_every_host_has_failed) {
  fleet_run_for_test test(2);
  for (auto& host : test.hosts.hosts) host.fails = {"processes"};
  test.run();
  for (const cell_result& cell : test.all.cells)
    EXPECT_EQ(cell.status, cell.model == "processes" ? cell_status::failed : cell_status::ok);
}

/// Contests of these workloads, whose servers run on other hosts.
struct servers_on_others : fleet_run_for_test {
  explicit servers_on_others(std::size_t count,
                             const std::vector<std::string>& workloads = {"network"})
      : fleet_run_for_test(count, workloads) {
    options.clients = 1;
  }
  std::size_t samples_of(const std::string& workload) const {
    std::size_t count = 0;
    for (const cell_result& cell : all.cells)
      if (cell.workload == workload) count += cell.samples.size();
    return count;
  }
};

TEST(fleet_contests, a_server_runs_on_an_idle_host_and_hosts_take_turns) {
  for (const std::size_t count : {2, 3, 4}) {
    servers_on_others test(count);
    test.run();
    EXPECT_EQ(test.all.status, results_status::complete);
    EXPECT_FALSE(test.hosts.has_busy_helper);
    EXPECT_EQ(test.hosts.most_running, count / 2);
    for (const cell_result& cell : test.all.cells) {
      EXPECT_EQ(cell.samples.size(), 6U);
      for (const sample& s : cell.samples) {
        ASSERT_TRUE(s.server_host);
        EXPECT_NE(s.host, s.server_host);
      }
    }
    for (const auto& [host, samples] : test.samples_by_host())
      EXPECT_EQ(samples, 24 / count) << host << " of " << count;
  }
}

TEST(fleet_contests, those_without_a_server_use_every_host) {
  servers_on_others test(3, {"noop", "network"});
  test.run();
  EXPECT_EQ(test.all.status, results_status::complete);
  EXPECT_EQ(test.hosts.most_running, 3U);
  EXPECT_FALSE(test.hosts.has_busy_helper);
  for (const cell_result& cell : test.all.cells)
    for (const sample& s : cell.samples)
      EXPECT_EQ(s.server_host.has_value(), cell.workload == "network");
}

TEST(fleet_contests, a_host_waits_until_another_can_run_its_server) {
  servers_on_others test(2, {"noop", "network"});
  test.options.repetitions = 40;
  test.hosts.hosts[0].block_s = 1.7;
  test.run();
  std::map<bool, std::size_t> first;  // half of the blocks, by whether they have a server
  for (std::size_t i = 0; i < test.hosts.begun.size() / 2; ++i)
    ++first[test.cells[2 * test.hosts.begun[i].first].workload == "network"];
  EXPECT_NEAR(static_cast<double>(first[true]), static_cast<double>(first[false]), 8);
}

TEST(fleet_contests, a_lost_server_costs_its_running_block_only) {
  servers_on_others test(3);
  test.hosts.hosts[2].helped_until_lost = 1;
  test.run();
  EXPECT_EQ(test.all.status, results_status::complete);
  EXPECT_EQ(test.hosts.begun.size(), 13U) << "one block more";
  EXPECT_EQ(test.all.hosts[2].lost, "no sign of life");
  EXPECT_EQ(test.all.hosts[0].lost + test.all.hosts[1].lost, "");
  EXPECT_EQ(test.samples_of("network"), 24U);
}

TEST(fleet_contests, the_last_host_measures_what_needs_no_server) {
  servers_on_others test(2, {"noop", "network"});
  test.hosts.hosts[1].blocks_until_lost = 2;
  test.run();
  EXPECT_EQ(test.all.status, results_status::interrupted);
  EXPECT_EQ(test.samples_of("noop"), 24U);
  EXPECT_LT(test.samples_of("network"), 24U);
}

TEST(fleet_contests, several_clients_share_a_server) {
  servers_on_others test(4, {"noop", "network"});
  test.options.clients = 2;
  test.hosts.hosts[0].refuses = {"processes"};
  test.run();
  EXPECT_EQ(test.all.status, results_status::complete);
  EXPECT_FALSE(test.hosts.has_busy_helper);
  EXPECT_EQ(test.hosts.most_running, 4U) << "contests without a server";
  for (const cell_result& cell : test.all.cells) {
    EXPECT_GE(cell.samples.size(), 6U) << cell.name;
    for (const sample& s : cell.samples) {
      EXPECT_EQ(s.clients,
                cell.workload == "network" ? std::optional<std::uint32_t>(2) : std::nullopt);
      EXPECT_TRUE(s.host != 0U || cell.model == "event_loop");
    }
  }
}

TEST(fleet_contests, too_few_hosts_for_the_clients_end_the_run) {
  servers_on_others test(3);
  test.options.clients = 2;
  test.hosts.hosts[1].helped_until_lost = 1;
  test.run();
  EXPECT_EQ(test.all.status, results_status::interrupted);
  EXPECT_GT(test.samples_of("network"), 0U);
}

TEST(fleet_contests, a_continued_run_keeps_the_blocks_and_measures_the_rest) {
  fleet_run_for_test first(3);
  for (auto& host : first.hosts.hosts) host.blocks_until_lost = 1;
  first.run();
  fleet_run_for_test rest(3);
  rest.all.hosts = first.all.hosts;
  for (std::size_t i = 0; i < rest.cells.size(); ++i)
    rest.all.cells[i] = continued_cell(rest.cells[i], first.all.cells[i]);
  rest.run();
  EXPECT_EQ(rest.all.status, results_status::complete);
  EXPECT_EQ(rest.hosts.begun.size(), 9U) << "twelve blocks are wanted, three are measured";
  std::set<std::uint64_t> blocks;
  for (std::size_t i = 0; i < rest.cells.size(); ++i) {
    const cell_result& cell = rest.all.cells[i];
    EXPECT_EQ(cell.samples.size(), 6U);
    for (const sample& s : cell.samples) blocks.insert(s.block.value());
    for (std::size_t k = 0; k < first.all.cells[i].samples.size(); ++k)
      EXPECT_EQ(cell.samples[k].sequence, first.all.cells[i].samples[k].sequence);
  }
  EXPECT_EQ(blocks.size(), 12U);
}

}  // namespace
}  // namespace crossover
