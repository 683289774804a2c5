#include "bench/measure/machine.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <map>
#include <set>

#include "bench/measure/environment.hpp"
#include "bench/measure/suites.hpp"
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

TEST(machine, rejects_an_invalid_topology) {
  EXPECT_THROW(read_machine("tree:2 branch:3"), error);
  EXPECT_THROW(read_machine("<tree/>"), error);
}

/// A machine as hwloc's XML: CPUs of each core, and sets of CPUs as bits.
struct written_machine {
  std::vector<std::vector<int>> cores;
  std::uint64_t offline = 0;              ///< known to the machine, but in no core
  std::uint64_t disallowed = 0;           ///< outside the cpuset
  std::vector<std::uint64_t> kinds = {};  ///< CPUs of each kind of core, the slowest first

  std::string xml() const {
    std::uint64_t all = 0;
    std::string objects;
    int id = 10;
    for (std::size_t core = 0; core < cores.size(); ++core) {
      std::uint64_t of_core = 0;
      std::string threads;
      for (const int cpu : cores[core]) {
        of_core |= 1ULL << cpu;
        threads += object("PU", cpu, 1ULL << cpu, id++) + "</object>\n";
      }
      objects += object("Core", static_cast<int>(core), of_core, id++) + threads + "</object>\n";
      all |= of_core;
    }
    std::string text = "<topology version=\"2.0\">\n";
    text += fmt::format(R"(<object type="Machine" os_index="0" cpuset="{0:#x}" )"
                        R"(complete_cpuset="{1:#x}" allowed_cpuset="{2:#x}" nodeset="0x1" )"
                        R"(complete_nodeset="0x1" allowed_nodeset="0x1" gp_index="1">)",
                        all, all | offline, all & ~disallowed);
    text += object("NUMANode", 0, all, 2) + "</object>\n" + objects + "</object>\n";
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
      text += fmt::format("<cpukind cpuset=\"{:#x}\" forced_efficiency=\"{}\"></cpukind>\n",
                          kinds[kind], kind);
    return text + "</topology>\n";
  }

 private:
  static std::string object(const char* type, int number, std::uint64_t cpus, int id) {
    return fmt::format(R"(<object type="{0}" os_index="{1}" cpuset="{2:#x}" )"
                       R"(complete_cpuset="{2:#x}" nodeset="0x1" complete_nodeset="0x1" )"
                       R"(gp_index="{3}">)",
                       type, number, cpus, id);
  }
};

std::vector<int> order_of(const machine& computer) {
  std::vector<int> cpus;
  for (const cpu_location& location : computer.cpus) cpus.push_back(location.cpu);
  return cpus;
}

TEST(machine, offline_cpus_are_not_assigned) {
  const machine computer =
      read_machine(written_machine{.cores = {{0}, {2}, {3}, {7}}, .offline = 0b01110010}.xml());
  EXPECT_EQ(order_of(computer), (std::vector<int>{0, 2, 3, 7}));
  EXPECT_EQ(standard_cores(computer), (std::vector<std::uint32_t>{1, 2, 4}));
  EXPECT_EQ(assign_cpus(computer, 2).server, (std::vector<int>{3, 7}));
}

TEST(machine, an_offline_sibling_does_not_hide_its_core) {
  const machine computer =
      read_machine(written_machine{.cores = {{0, 4}, {5}}, .offline = 0b10}.xml());
  EXPECT_EQ(order_of(computer), (std::vector<int>{0, 5, 4}));
  EXPECT_EQ(computer.cores(), 2U);
}

TEST(machine, a_cpuset_limits_the_cpus) {
  const machine computer = read_machine(
      written_machine{.cores = {{0, 1}, {2, 3}, {4, 5}}, .disallowed = 0b010011}.xml());
  EXPECT_EQ(order_of(computer), (std::vector<int>{2, 5, 3}));
  EXPECT_EQ(computer.cores(), 2U);
  EXPECT_EQ(standard_cores(computer), (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(machine, fast_cores_of_a_hybrid_machine_come_first) {
  // Arm: the slow cores have the low numbers.
  const machine little_first =
      read_machine(written_machine{.cores = {{0}, {1}, {2}, {3}}, .kinds = {0b0011, 0b1100}}.xml());
  EXPECT_EQ(order_of(little_first), (std::vector<int>{2, 3, 0, 1}));
  EXPECT_EQ(little_first.cpus[0].kind, 0);
  EXPECT_EQ(little_first.cpus[2].kind, 1);
  // Intel: the fast cores have siblings, which come last.
  const machine with_smt = read_machine(
      written_machine{.cores = {{0, 1}, {2, 3}, {4}, {5}}, .kinds = {0b110000, 0b001111}}.xml());
  EXPECT_EQ(order_of(with_smt), (std::vector<int>{0, 2, 4, 5, 1, 3}));
  EXPECT_EQ(read_environment(with_smt).at("core_kinds"), "2 + 2");
  EXPECT_EQ(read_environment(read_machine("core:4 pu:1")).count("core_kinds"), 0U);
}

TEST(machine, cells_fill_one_numa_node_before_the_next) {
  const machine large = read_machine("numa:4 core:16 pu:2");
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(large.cpus[i].numa_node, static_cast<int>(i / 16));
  EXPECT_EQ(read_environment(large).at("numa_nodes"), "4");
}

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

TEST(cpu_assignment, cell_and_server_stay_within_the_quota) {
  machine large = read_machine(two_sockets_with_smt);
  large.quota = 1.5;
  EXPECT_EQ(standard_cores(large), std::vector<std::uint32_t>{1});
  EXPECT_TRUE(assign_cpus(large, 1).shared) << "two CPUs would be stopped together";
  EXPECT_EQ(assign_cpus(large, 1).server, assign_cpus(large, 1).cell);
  large.quota = 4;
  EXPECT_EQ(standard_cores(large), (std::vector<std::uint32_t>{1, 2, 4}));
  EXPECT_EQ(assign_cpus(large, 1).server.size(), 3U);
  EXPECT_EQ(assign_cpus(large, 3).server.size(), 1U);
  EXPECT_TRUE(assign_cpus(large, 4).shared);
}

TEST(suites, every_core_has_an_operation_in_a_sweep_of_cores) {
  for (const char* const description : {"core:1 pu:1", "core:2 pu:1", two_sockets_with_smt}) {
    const machine computer = read_machine(description);
    for (const suite& each : all_suites())
      for (const matrix& m : each.matrices(computer)) {
        const std::uint32_t cores = *std::max_element(m.cores.begin(), m.cores.end());
        EXPECT_LE(cores, computer.usable());
        if (m.cores.size() < 3) continue;
        EXPECT_GE(*std::max_element(m.in_flight.begin(), m.in_flight.end()), cores) << each.name;
      }
  }
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
