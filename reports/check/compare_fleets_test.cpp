#include <gtest/gtest.h>

#include <cmath>

#include "reports/check/compare_files.hpp"
#include "reports/check/sample_results.hpp"
#include "reports/machine_types.hpp"

namespace crossover {
namespace {

/// A run of the cell "a" on hosts with these times per operation. Hosts with a name that begins
/// with "large" have more cores.
results fleet_of(const std::vector<std::pair<std::string, double>>& hosts) {
  results fleet = results_of({cell_of("a", {})});
  for (std::uint32_t h = 0; h < hosts.size(); ++h) {
    const auto& [name, seconds] = hosts[h];
    const char* const cores = name.starts_with("large") ? "64" : "2";
    fleet.hosts.push_back({name, {{"host", name}, {"cores", cores}, {"cpu_model", "a CPU"}}});
    for (sample s : cell_of("a", about(seconds)).samples) {
      s.host = h;
      fleet.cells[0].samples.push_back(s);
    }
  }
  return fleet;
}

check_result compare_fleets(results before, results after) {
  split_alike(before, after);
  return compare_files(before, after, {});
}

TEST(compare_fleets, same_hosts_count_once_each_and_their_speed_cancels) {
  const results before = fleet_of({{"a", 1}, {"b", 2}, {"c", 3}, {"d", 5}}),
                after = fleet_of({{"d", 5.52}, {"b", 2.2}, {"c", 3.3}, {"a", 1.1}});
  const cell_comparison cell = compare_fleets(before, after).cells.at(0);
  EXPECT_EQ(cell.name, "a");
  EXPECT_EQ(cell.blocks, 4U) << "hosts";
  EXPECT_EQ(cell.outcome, verdict::regression);
  const double mean = (3 * std::log(1.1) + std::log(5.52 / 5)) / 4;
  EXPECT_NEAR(std::log(*cell.ratio), mean, 1e-9);
  const double sd = std::sqrt(
      (3 * std::pow(std::log(1.1) - mean, 2) + std::pow(std::log(5.52 / 5) - mean, 2)) / 3);
  EXPECT_NEAR(*cell.sd, sd, 1e-9);
  EXPECT_NEAR(std::log(*cell.upper), mean + 2.3533634 * sd / 2, 1e-6) << "t(0.95, 3) = 2.3534";
  const cell_comparison scattered =
      compare_fleets(before, fleet_of({{"a", 1}, {"b", 2.2}, {"c", 3}, {"d", 5}})).cells.at(0);
  EXPECT_EQ(scattered.outcome, verdict::inconclusive);
  EXPECT_EQ(scattered.remedy.find("the change scatters by 4.8 % from host to host: more hosts"), 0U)
      << scattered.remedy;
}

TEST(compare_fleets, means_of_different_hosts_are_repetitions) {
  results before = fleet_of({{"a", 1}, {"b", 1.01}, {"c", 1.02}, {"d", 1.03}}),
          after = fleet_of({{"e", 1.2}, {"f", 1.21}, {"g", 1.22}, {"h", 1.23}});
  EXPECT_EQ(compare_fleets(before, after).cells.at(0).outcome, verdict::regression);
  before = fleet_of({{"a", 1}}), after = fleet_of({{"b", 1.2}});
  const cell_comparison alone = compare_fleets(before, after).cells.at(0);
  EXPECT_EQ(alone.outcome, verdict::inconclusive);
  EXPECT_NE(alone.remedy.find("measure both on the same hosts"), std::string::npos);
}

TEST(compare_fleets, one_host_is_like_a_run_without_a_fleet) {
  const cell_comparison fleet =
      compare_fleets(fleet_of({{"a", 1}}), fleet_of({{"a", 1.05}})).cells.at(0);
  const cell_comparison single = compare_files(results_of({cell_of("a", about(1))}),
                                               results_of({cell_of("a", about(1.05))}), {})
                                     .cells.at(0);
  EXPECT_EQ(fleet.p, single.p);
  EXPECT_EQ(fleet.upper, single.upper);
  EXPECT_EQ(fleet.remedy, single.remedy);
}

TEST(compare_fleets, machine_types_are_compared_each_by_itself) {
  const results before = fleet_of({{"a", 1}, {"b", 1.01}}),
                after = fleet_of({{"large1", 0.5}, {"a", 1}, {"b", 1.01}, {"large2", 0.5}});
  const check_result result = compare_fleets(before, after);
  ASSERT_EQ(result.cells.size(), 1U);
  EXPECT_EQ(result.cells[0].name, "a/machine:2-core a");
  EXPECT_NEAR(*result.cells[0].ratio, 1, 1e-9);
  ASSERT_EQ(result.added.size(), 1U);
  EXPECT_EQ(result.added[0].name, "a/machine:64-core a");
  EXPECT_TRUE(result.environment.empty());
}

TEST(compare_fleets, hosts_of_a_type_must_be_alike_in_both_runs) {
  const results before = fleet_of({{"a", 1}, {"b", 1}});
  results after = before;
  after.environment["kernel"] = "that of the harness, which measures nothing";
  EXPECT_TRUE(compare_fleets(before, after).environment.empty());
  after.hosts[1].environment["kernel"] = "6.5";
  EXPECT_EQ(compare_fleets(before, after).environment.at(0).key, "kernel");
  const auto difference = [&](const results& now) {
    const environment_difference d = compare_fleets(before, now).environment.at(0);
    return d.key + ": " + d.old_value + ", " + d.new_value;
  };
  EXPECT_EQ(difference(fleet_of({{"large", 1}})), "machine: 2-core a, 64-core a");
  EXPECT_EQ(difference(results_of({cell_of("a", about(1))})),
            "hosts: 2 hosts, one machine, no fleet");
}

}  // namespace
}  // namespace crossover
