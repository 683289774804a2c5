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

std::map<int, int> cores_of(const machine& computer) {
  std::map<int, int> core_of_cpu;
  for (const cpu_location& location : computer.cpus) core_of_cpu[location.cpu] = location.core;
  return core_of_cpu;
}

TEST(machine, reads_cores_siblings_and_packages) {
  const machine large = read_machine(two_sockets_with_smt);
  EXPECT_EQ(large.cpus.size(), 128U);
  EXPECT_EQ(large.cores(), 64U);
  EXPECT_EQ(large.usable(), 128U);
  std::map<int, int> per_package, per_core, per_node;
  for (const cpu_location& location : large.cpus)
    ++per_package[location.package], ++per_core[location.core], ++per_node[location.numa_node];
  EXPECT_EQ(per_package, (std::map<int, int>{{0, 64}, {1, 64}}));
  EXPECT_EQ(per_node, (std::map<int, int>{{0, 64}, {1, 64}}));
  for (const auto& [core, cpus] : per_core) EXPECT_EQ(cpus, 2) << core;
}

TEST(machine, orders_one_cpu_of_each_core_before_siblings) {
  const machine large = read_machine(two_sockets_with_smt);
  std::set<int> first_half;
  for (std::size_t i = 0; i < 64; ++i) first_half.insert(large.cpus[i].core);
  EXPECT_EQ(first_half.size(), 64U);
  EXPECT_EQ(large.cpus[0].core, large.cpus[64].core);
}

TEST(machine, without_smt_cpus_equal_cores) {
  const machine plain = read_machine("core:8 pu:1");
  EXPECT_EQ(plain.cpus.size(), 8U);
  EXPECT_EQ(plain.cores(), 8U);
}

TEST(machine, rejects_an_invalid_topology) { EXPECT_THROW(read_machine("tree:2 branch:3"), error); }

TEST(machine, uses_the_cpus_of_the_process_affinity) {
  const machine computer = read_machine();
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  EXPECT_EQ(computer.cpus.size(), static_cast<std::size_t>(CPU_COUNT(&allowed)));
  for (const cpu_location& location : computer.cpus)
    EXPECT_TRUE(CPU_ISSET(static_cast<std::size_t>(location.cpu), &allowed)) << location.cpu;
}

TEST(machine, respects_an_affinity_of_one_cpu) {
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  const int last = read_machine().cpus.back().cpu;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(last), &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const machine computer = read_machine();
  ::sched_setaffinity(0, sizeof before, &before);
  ASSERT_EQ(computer.cpus.size(), 1U);
  EXPECT_EQ(computer.cpus[0].cpu, last);
}

TEST(machine, a_quota_limits_the_usable_cpus) {
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

TEST(cpu_assignment, cell_and_server_use_distinct_cores_if_possible) {
  const machine large = read_machine(two_sockets_with_smt);
  const auto core_of = cores_of(large);
  for (const std::uint32_t cores : {1U, 2U, 17U, 63U}) {
    const cpu_assignment assigned = assign_cpus(large, cores);
    EXPECT_EQ(assigned.cell.size(), cores);
    EXPECT_FALSE(assigned.shared);
    EXPECT_EQ(assigned.server.size(), 128U - 2 * cores) << "siblings of the cell's CPUs stay idle";
    std::set<int> cell_cores, server_cores;
    for (const int cpu : assigned.cell) cell_cores.insert(core_of.at(cpu));
    for (const int cpu : assigned.server) server_cores.insert(core_of.at(cpu));
    EXPECT_EQ(cell_cores.size(), cores) << "one CPU per core";
    for (const int core : cell_cores) EXPECT_FALSE(server_cores.contains(core)) << core;
  }
}

TEST(cpu_assignment, the_server_shares_if_the_cell_uses_all_cores) {
  const machine large = read_machine(two_sockets_with_smt);
  for (const std::uint32_t cores : {64U, 100U, 128U}) {
    const cpu_assignment assigned = assign_cpus(large, cores);
    EXPECT_TRUE(assigned.shared) << cores;
    EXPECT_EQ(assigned.server, assigned.cell) << cores;
  }
  const cpu_assignment lone = assign_cpus(read_machine("core:1 pu:1"), 1);
  EXPECT_TRUE(lone.shared);
  EXPECT_EQ(lone.server, std::vector<int>{0});
}

TEST(machine, standard_cores_double_up_to_all) {
  EXPECT_EQ(standard_cores(read_machine("core:1 pu:1")), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(standard_cores(read_machine("core:2 pu:1")), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(standard_cores(read_machine("core:6 pu:1")), (std::vector<std::uint32_t>{1, 2, 4, 6}));
  EXPECT_EQ(standard_cores(read_machine(two_sockets_with_smt)),
            (std::vector<std::uint32_t>{1, 2, 4, 8, 16, 32, 64, 128}));
}

}  // namespace
}  // namespace crossover
