#include "bench/measure/machine.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <map>
#include <set>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

const char* const two_sockets_with_smt = "pack:2 numa:1 core:32 pu:2";

std::map<int, int> cores_of(const machine& here) {
  std::map<int, int> core_of_cpu;
  for (const cpu_location& place : here.cpus) core_of_cpu[place.cpu] = place.core;
  return core_of_cpu;
}

TEST(machine, reads_cores_siblings_and_packages) {
  const machine large = read_machine(two_sockets_with_smt);
  EXPECT_EQ(large.cpus.size(), 128U);
  EXPECT_EQ(large.cores(), 64U);
  EXPECT_EQ(large.usable(), 128U);
  std::map<int, int> per_package, per_core, per_node;
  for (const cpu_location& place : large.cpus)
    ++per_package[place.package], ++per_core[place.core], ++per_node[place.numa_node];
  EXPECT_EQ(per_package, (std::map<int, int>{{0, 64}, {1, 64}}));
  EXPECT_EQ(per_node, (std::map<int, int>{{0, 64}, {1, 64}}));
  for (const auto& [core, cpus] : per_core) EXPECT_EQ(cpus, 2) << core;
}

TEST(machine, cells_get_one_cpu_of_each_core_before_any_sibling) {
  const machine large = read_machine(two_sockets_with_smt);
  std::set<int> first_half;
  for (std::size_t i = 0; i < 64; ++i) first_half.insert(large.cpus[i].core);
  EXPECT_EQ(first_half.size(), 64U);
  EXPECT_EQ(large.cpus[0].core, large.cpus[64].core);
}

TEST(machine, a_machine_without_smt_is_its_cores) {
  const machine plain = read_machine("core:8 pu:1");
  EXPECT_EQ(plain.cpus.size(), 8U);
  EXPECT_EQ(plain.cores(), 8U);
}

TEST(machine, nonsense_is_not_a_topology) { EXPECT_THROW(read_machine("tree:2 branch:3"), error); }

TEST(machine, this_one_is_what_the_kernel_lets_us_use) {
  const machine here = read_machine();
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  EXPECT_EQ(here.cpus.size(), static_cast<std::size_t>(CPU_COUNT(&allowed)));
  for (const cpu_location& place : here.cpus)
    EXPECT_TRUE(CPU_ISSET(static_cast<std::size_t>(place.cpu), &allowed)) << place.cpu;
}

TEST(machine, an_affinity_of_one_cpu_leaves_one) {
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  const int last = read_machine().cpus.back().cpu;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(last), &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const machine here = read_machine();
  ::sched_setaffinity(0, sizeof before, &before);
  ASSERT_EQ(here.cpus.size(), 1U);
  EXPECT_EQ(here.cpus[0].cpu, last);
}

TEST(machine, a_quota_bounds_the_cores_that_exist) {
  EXPECT_EQ(quota_of("200000 100000"), 2);
  EXPECT_EQ(quota_of("150000 100000"), 1.5);
  EXPECT_EQ(quota_of("max 100000"), 0);
  EXPECT_EQ(quota_of(""), 0);
  EXPECT_EQ(quota_of("0 0"), 0);
  machine large = read_machine(two_sockets_with_smt);
  const auto usable = [&](double quota) {
    large.quota = quota;
    return large.usable();
  };
  EXPECT_EQ(usable(0), 128U);
  EXPECT_EQ(usable(2), 2U);
  EXPECT_EQ(usable(3.7), 3U);
  EXPECT_EQ(usable(0.5), 1U);
  EXPECT_EQ(usable(1000), 128U);
}

TEST(cpu_assignment, cell_and_fixture_share_no_core_where_there_are_enough) {
  const machine large = read_machine(two_sockets_with_smt);
  const auto core_of = cores_of(large);
  for (const std::uint32_t cores : {1U, 2U, 17U, 63U}) {
    const cpu_assignment given = assign_cpus(large, cores);
    EXPECT_EQ(given.cell.size(), cores);
    EXPECT_FALSE(given.shared);
    EXPECT_EQ(given.server.size(), 128U - 2 * cores)
        << "the siblings of the cell's CPUs stay idle, the other cores' serve";
    std::set<int> cell_cores, fixture_cores;
    for (const int cpu : given.cell) cell_cores.insert(core_of.at(cpu));
    for (const int cpu : given.server) fixture_cores.insert(core_of.at(cpu));
    EXPECT_EQ(cell_cores.size(), cores) << "a core each";
    for (const int core : cell_cores) EXPECT_FALSE(fixture_cores.contains(core)) << core;
  }
}

TEST(cpu_assignment, on_all_cores_the_fixture_has_to_share) {
  const machine large = read_machine(two_sockets_with_smt);
  for (const std::uint32_t cores : {64U, 100U, 128U}) {
    const cpu_assignment given = assign_cpus(large, cores);
    EXPECT_TRUE(given.shared) << cores;
    EXPECT_EQ(given.server, given.cell) << cores;
  }
  const cpu_assignment lone = assign_cpus(read_machine("core:1 pu:1"), 1);
  EXPECT_TRUE(lone.shared);
  EXPECT_EQ(lone.server, std::vector<int>{0});
}

TEST(machine, the_axis_of_cores_doubles_and_ends_with_all) {
  EXPECT_EQ(standard_cores(read_machine("core:1 pu:1")), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(standard_cores(read_machine("core:2 pu:1")), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(standard_cores(read_machine("core:6 pu:1")), (std::vector<std::uint32_t>{1, 2, 4, 6}));
  EXPECT_EQ(standard_cores(read_machine(two_sockets_with_smt)),
            (std::vector<std::uint32_t>{1, 2, 4, 8, 16, 32, 64, 128}));
}

}  // namespace
}  // namespace crossover
