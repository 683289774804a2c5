#include "bench/measure/machine.hpp"

#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using topology = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

topology load(const std::string& synthetic) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0)
    throw error(error_kind::unsupported, "cannot initialise hwloc");
  topology loaded(raw, &hwloc_topology_destroy);
  if (!synthetic.empty() && hwloc_topology_set_synthetic(raw, synthetic.c_str()) != 0)
    throw error(error_kind::invalid,
                fmt::format("'{}' is not an hwloc synthetic topology", synthetic));
  if (hwloc_topology_load(raw) != 0)
    throw error(error_kind::unsupported, "hwloc cannot read this machine's topology");
  return loaded;
}

/// Returns the smallest quota of the process's cgroup and its ancestors (v2 cpu.max, v1 quota).
double read_quota() {
  double smallest = 0;
  const auto note = [&](double quota) {
    if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
  };
  std::ifstream memberships("/proc/self/cgroup");
  for (std::string line; std::getline(memberships, line);) {
    if (!line.starts_with("0::")) continue;
    for (std::string path = line.substr(3); !path.empty(); path = path.substr(0, path.rfind('/'))) {
      std::ifstream in("/sys/fs/cgroup" + path + "/cpu.max");
      std::string text;
      if (std::getline(in, text)) note(quota_of(text));
    }
  }
  std::ifstream root("/sys/fs/cgroup/cpu.max");
  if (std::string text; std::getline(root, text)) note(quota_of(text));
  std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
      v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (v1_quota >> quota && v1_period >> period && quota > 0 && period > 0) note(quota / period);
  return smallest;
}

}  // namespace

double quota_of(const std::string& cpu_max) {
  std::istringstream in(cpu_max);
  double quota = 0, period = 0;
  return in >> quota >> period && quota > 0 && period > 0 ? quota / period : 0;
}

machine read_machine(const std::string& synthetic) {
  const topology t = load(synthetic);
  const bool real = synthetic.empty();
  const std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)> allowed(hwloc_bitmap_alloc(),
                                                                              &hwloc_bitmap_free);
  if (!real || hwloc_get_cpubind(t.get(), allowed.get(), HWLOC_CPUBIND_PROCESS) != 0)
    hwloc_bitmap_copy(allowed.get(), hwloc_topology_get_topology_cpuset(t.get()));

  struct ordered {
    int sibling;
    cpu_location location;
  };
  std::vector<ordered> all;
  for (hwloc_obj_t pu = nullptr;
       (pu = hwloc_get_next_obj_by_type(t.get(), HWLOC_OBJ_PU, pu)) != nullptr;) {
    if (!hwloc_bitmap_isset(allowed.get(), pu->os_index)) continue;
    const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(t.get(), HWLOC_OBJ_CORE, pu);
    const hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(t.get(), HWLOC_OBJ_PACKAGE, pu);
    cpu_location location;
    location.cpu = static_cast<int>(pu->os_index);
    location.core = static_cast<int>(core != nullptr ? core->logical_index : pu->logical_index);
    location.package = package != nullptr ? static_cast<int>(package->logical_index) : 0;
    const int node = pu->nodeset != nullptr ? hwloc_bitmap_first(pu->nodeset) : 0;
    location.numa_node = std::max(0, node);
    const auto siblings = std::count_if(
        all.begin(), all.end(), [&](const ordered& o) { return o.location.core == location.core; });
    all.push_back({static_cast<int>(siblings), location});
  }
  if (all.empty()) throw error(error_kind::unsupported, "no CPU available to this process");
  std::stable_sort(all.begin(), all.end(),
                   [](const ordered& a, const ordered& b) { return a.sibling < b.sibling; });
  machine result;
  for (const ordered& o : all) result.cpus.push_back(o.location);
  if (real) result.quota = read_quota();
  return result;
}

std::uint32_t machine::cores() const {
  std::set<int> distinct;
  for (const cpu_location& location : cpus) distinct.insert(location.core);
  return static_cast<std::uint32_t>(distinct.size());
}

std::uint32_t machine::usable() const {
  const auto all = static_cast<std::uint32_t>(cpus.size());
  if (quota <= 0) return all;
  return std::min(all, std::max(1U, static_cast<std::uint32_t>(std::floor(quota))));
}

cpu_assignment assign_cpus(const machine& computer, std::uint32_t cores) {
  cpu_assignment assigned;
  std::set<int> cell_cores;
  for (std::uint32_t i = 0; i < cores && i < computer.cpus.size(); ++i) {
    assigned.cell.push_back(computer.cpus[i].cpu);
    cell_cores.insert(computer.cpus[i].core);
  }
  for (const cpu_location& location : computer.cpus)
    if (!cell_cores.contains(location.core)) assigned.server.push_back(location.cpu);
  assigned.shared = assigned.server.empty();
  if (assigned.shared) assigned.server = assigned.cell;
  return assigned;
}

std::vector<std::uint32_t> standard_cores(const machine& computer) {
  std::vector<std::uint32_t> axis;
  for (std::uint32_t cores = 1; cores < computer.usable(); cores *= 2) axis.push_back(cores);
  axis.push_back(computer.usable());
  return axis;
}

}  // namespace crossover
