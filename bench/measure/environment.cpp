#include "bench/measure/environment.hpp"

#include <elf.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <link.h>
#include <oneapi/tbb/version.h>
#include <openssl/crypto.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <boost/version.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>

#include "bench/results/version.hpp"

namespace crossover {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Returns the value of `key` in a file of lines "key : value" or "key=value".
std::string value_in(const std::string& path, const std::string& key, char separator) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t position = line.find(separator);
    if (position == std::string::npos) continue;
    std::string name = line.substr(0, position);
    name.erase(
        std::find_if(name.rbegin(), name.rend(), [](char c) { return c != ' ' && c != '\t'; })
            .base(),
        name.end());
    if (name != key) continue;
    const std::size_t begin = line.find_first_not_of(" \t\"", position + 1);
    if (begin == std::string::npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\"") - begin + 1);
  }
  return {};
}

/// Stores the linker's build id of a program, an ELF note. Returns 1, which ends the iteration with
/// the first object: this program.
int store_build_id(dl_phdr_info* program, std::size_t, void* result) {
  for (const ElfW(Phdr)* header = program->dlpi_phdr;
       header != program->dlpi_phdr + program->dlpi_phnum; ++header) {
    if (header->p_type != PT_NOTE) continue;
    const auto* note = reinterpret_cast<const unsigned char*>(program->dlpi_addr + header->p_vaddr);
    const unsigned char* const end = note + header->p_memsz;
    while (note + sizeof(ElfW(Nhdr)) <= end) {
      const auto& head = *reinterpret_cast<const ElfW(Nhdr)*>(note);
      const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
      const unsigned char* const name = note + sizeof head;
      const unsigned char* const content = name + padded(head.n_namesz);
      note = content + padded(head.n_descsz);
      if (note > end || head.n_type != NT_GNU_BUILD_ID || head.n_namesz != 4 ||
          std::string_view(reinterpret_cast<const char*>(name), 3) != "GNU")
        continue;
      *static_cast<std::string*>(result) =
          fmt::format("{:02x}", fmt::join(content, content + head.n_descsz, ""));
      return 1;
    }
  }
  return 1;
}

}  // namespace

std::map<std::string, std::string> read_environment(const machine& computer) {
  std::map<std::string, std::string> e;
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) e[key] = value;
  };
  utsname system{};
  ::uname(&system);
  put("host", system.nodename);
  put("kernel", fmt::format("{} {}", system.sysname, system.release));
  put("architecture", system.machine);
  put("operating_system", value_in("/etc/os-release", "PRETTY_NAME", '='));
  put("cpu_model", value_in("/proc/cpuinfo", "model name", ':'));
  put("cpu_mhz", value_in("/proc/cpuinfo", "cpu MHz", ':'));
  put("cpus", fmt::format("{}", computer.cpus.size()));
  put("cores", fmt::format("{}", computer.cores()));
  std::set<int> packages, nodes;
  for (const cpu_location& location : computer.cpus) {
    packages.insert(location.package);
    nodes.insert(location.numa_node);
  }
  put("packages", fmt::format("{}", packages.size()));
  put("numa_nodes", fmt::format("{}", nodes.size()));
  std::map<int, std::set<int>> kinds;  // their cores, the fastest first
  for (const cpu_location& location : computer.cpus) kinds[location.kind].insert(location.core);
  std::vector<std::size_t> cores_of_kinds;
  for (const auto& [kind, cores] : kinds) cores_of_kinds.push_back(cores.size());
  if (kinds.size() > 1) put("core_kinds", fmt::format("{}", fmt::join(cores_of_kinds, " + ")));
  put("quota", computer.quota > 0 ? fmt::format("{:g} CPUs", computer.quota) : "none");
  const std::string governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  put("governor", governor.empty() ? "none" : governor);
  put("clock_source",
      first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
  put("memory", value_in("/proc/meminfo", "MemTotal", ':'));
  const std::string flags = value_in("/proc/cpuinfo", "flags", ':');
  put("hypervisor", (" " + flags + " ").find(" hypervisor ") != std::string::npos ? "yes" : "no");
  std::istringstream load(first_line("/proc/loadavg"));
  if (std::string average; load >> average) put("load_average", average);
  put("compiler", fmt::format("GCC {}", __VERSION__));
  put("build_type", CROSSOVER_BUILD_TYPE);
  put("sanitizers", CROSSOVER_SANITIZERS);
  put("crossover", program_version());
  std::string build_id;
  ::dl_iterate_phdr(store_build_id, &build_id);
  put("build_id", build_id);
  put("boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                           BOOST_VERSION % 100));
  put("onetbb", TBB_runtime_version());
  put("openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
  return e;
}

std::string utc_timestamp() {
  return fmt::format(
      "{:%Y-%m-%dT%H:%M:%S}+00:00",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

double steal_seconds(const std::vector<int>& cpus) {
  std::ifstream in("/proc/stat");
  double ticks = 0;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
    std::istringstream fields(line.substr(3));
    int cpu = -1;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    if (fields >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal &&
        std::find(cpus.begin(), cpus.end(), cpu) != cpus.end())
      ticks += steal;
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace crossover
