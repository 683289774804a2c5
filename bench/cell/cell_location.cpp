#include "bench/cell/cell_location.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <fstream>
#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

std::string boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(in, id);
  return id;
}

std::string own_pid_namespace() {
  std::array<char, 64> name{};
  const ssize_t n = ::readlink("/proc/self/ns/pid", name.data(), name.size());
  return n > 0 ? std::string(name.data(), static_cast<std::size_t>(n)) : "";
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

cell_location location_of_this_process(const std::vector<int>& cores) {
  return {host_name(), boot_id(), own_pid_namespace(), ::getpid(), cores};
}

bool share_machine(const cell_location& a, const cell_location& b) { return a.boot == b.boot; }

std::vector<int> allowed_cpus(const std::vector<int>& wanted) {
  constexpr int max_cpus = CPU_SETSIZE * 8;
  cpu_set_t* const set = CPU_ALLOC(max_cpus);
  const std::size_t size = CPU_ALLOC_SIZE(max_cpus);
  CPU_ZERO_S(size, set);
  std::vector<int> allowed;
  if (::sched_getaffinity(0, size, set) == 0)
    for (int cpu = 0; cpu < max_cpus; ++cpu)
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), size, set)) allowed.push_back(cpu);
  CPU_FREE(set);
  if (std::all_of(wanted.begin(), wanted.end(),
                  [&](int cpu) { return std::binary_search(allowed.begin(), allowed.end(), cpu); }))
    return wanted;
  if (allowed.size() < wanted.size())
    throw error(error_kind::resource,
                fmt::format("needs {} CPUs, but the launcher allows only CPU {}; let it allow "
                            "more, or use fewer --cores",
                            wanted.size(), fmt::join(allowed, ",")));
  allowed.resize(wanted.size());
  return allowed;
}

json to_json(const cell_location& location) {
  return {{"host", location.host},
          {"boot", location.boot},
          {"pid_namespace", location.pid_namespace},
          {"pid", location.pid},
          {"cores", location.cores}};
}

std::optional<cell_location> location_from_json(const json& object) {
  try {
    cell_location location;
    object.at("host").get_to(location.host);
    object.at("boot").get_to(location.boot);
    object.at("pid_namespace").get_to(location.pid_namespace);
    object.at("pid").get_to(location.pid);
    object.at("cores").get_to(location.cores);
    return location;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace crossover
