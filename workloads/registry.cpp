#include "workloads/registry.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "workloads/base/nearest.hpp"

namespace crossover {

// A new workload is declared here and added to the table.
extern const workload_type noop_workload, sleep_workload, hashing_workload, network_workload,
    download_workload, query_workload, mixed_workload, command_workload;

namespace {

constexpr std::array table = {&noop_workload,    &sleep_workload,    &hashing_workload,
                              &network_workload, &download_workload, &query_workload,
                              &mixed_workload,   &command_workload};

std::vector<const workload_type*>& rows() {
  static std::vector<const workload_type*> all(table.begin(), table.end());
  return all;
}

}  // namespace

std::span<const workload_type* const> all_workloads() { return rows(); }

std::span<const workload_type* const> added_workloads() {
  return all_workloads().first(rows().size() - table.size());
}

void add_workload(const workload_type& type) {
  for (const workload_type* other : rows())
    if (other->name == type.name)
      throw error(
          error_kind::invalid,
          fmt::format("there are two workloads '{}': rename the one of this program", type.name));
  rows().insert(rows().end() - static_cast<std::ptrdiff_t>(table.size()), &type);
}

const workload_type& find_workload(std::string_view name) {
  std::vector<std::string> names;
  for (const workload_type* type : rows()) {
    if (type->name == name) return *type;
    names.emplace_back(type->name);
  }
  throw error(error_kind::invalid,
              fmt::format("unknown workload '{}': {}", name, suggestion(name, names)));
}

}  // namespace crossover
