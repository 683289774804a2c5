#include "bench/measure/machine.hpp"

#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using topology = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;
using bitmap = std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)>;

topology load(const std::string& description) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0)
    throw error(error_kind::unsupported, "cannot initialise hwloc");
  topology loaded(raw, &hwloc_topology_destroy);
  if (description.starts_with("<")) {
    const int size = static_cast<int>(description.size()) + 1;
    if (hwloc_topology_set_xmlbuffer(raw, description.c_str(), size) != 0)
      throw error(error_kind::invalid, "not the XML of an hwloc topology");
  } else if (!description.empty() && hwloc_topology_set_synthetic(raw, description.c_str()) != 0) {
    throw error(error_kind::invalid,
                fmt::format("'{}' is not an hwloc synthetic topology", description));
  }
  if (hwloc_topology_load(raw) != 0)
    throw error(error_kind::unsupported, "hwloc cannot read this machine's topology");
  return loaded;
}

/// Returns the kinds of cores, the fastest first; empty if hwloc does not know how fast they are.
std::vector<bitmap> kinds_of(hwloc_topology_t t) {
  std::vector<bitmap> kinds;
  for (int kind = hwloc_cpukinds_get_nr(t, 0) - 1; kind >= 0; --kind) {
    bitmap cpus(hwloc_bitmap_alloc(), &hwloc_bitmap_free);
    int efficiency = -1;  // hwloc's word for performance
    if (hwloc_cpukinds_get_info(t, static_cast<unsigned>(kind), cpus.get(), &efficiency, nullptr,
                                nullptr, 0) != 0 ||
        efficiency < 0)
      return {};
    kinds.push_back(std::move(cpus));
  }
  return kinds;
}

/// Returns the smallest quota of the process's cgroups.
double read_quota() {
  double smallest = 0;
  for (const std::string& directory : cpu_cgroups()) {
    std::ifstream v2(directory + "/cpu.max"), v1_quota(directory + "/cpu.cfs_quota_us"),
        v1_period(directory + "/cpu.cfs_period_us");
    std::string text, period;
    if (!std::getline(v2, text) && std::getline(v1_quota, text) && std::getline(v1_period, period))
      text += " " + period;
    if (const double quota = quota_of(text); quota > 0 && (smallest == 0 || quota < smallest))
      smallest = quota;
  }
  return smallest;
}

}  // namespace

std::vector<std::string> cpu_cgroups() {
  std::vector<std::string> directories;
  std::ifstream memberships("/proc/self/cgroup");
  for (std::string line; std::getline(memberships, line);) {  // "0::/user" or "4:cpu,cpuacct:/user"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_v2 = controllers.empty();
    if (!is_v2 && ("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
    const std::string root = is_v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    for (std::string path = line.substr(second + 1); path.size() > 1;
         path = path.substr(0, path.rfind('/')))
      directories.push_back(root + path);
    directories.push_back(root);  // of a container, whose path may be that on the host
  }
  return directories;
}

double quota_of(const std::string& cpu_max) {
  std::istringstream in(cpu_max);
  double quota = 0, period = 0;
  return in >> quota >> period && quota > 0 && period > 0 ? quota / period : 0;
}

machine read_machine(const std::string& description) {
  const topology t = load(description);
  const bool real = description.empty();
  const bitmap allowed(hwloc_bitmap_alloc(), &hwloc_bitmap_free);
  const std::vector<bitmap> kinds = kinds_of(t.get());
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
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [pu](const bitmap& cpus) {
      return hwloc_bitmap_isset(cpus.get(), pu->os_index) != 0;
    });
    location.kind = kind == kinds.end() ? 0 : static_cast<int>(kind - kinds.begin());
    const auto siblings = std::count_if(
        all.begin(), all.end(), [&](const ordered& o) { return o.location.core == location.core; });
    all.push_back({static_cast<int>(siblings), location});
  }
  if (all.empty()) throw error(error_kind::unsupported, "no CPU available to this process");
  std::stable_sort(all.begin(), all.end(), [](const ordered& a, const ordered& b) {
    return std::pair(a.sibling, a.location.kind) < std::pair(b.sibling, b.location.kind);
  });
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
  if (computer.quota > 0 && assigned.server.size() > computer.usable() - assigned.cell.size())
    assigned.server.resize(computer.usable() - assigned.cell.size());
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
