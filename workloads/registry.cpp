#include "workloads/registry.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "workloads/base/nearest.hpp"

namespace crossover {

// A new workload is declared here and added to the table.
extern const workload_type noop_workload, sleep_workload, hashing_workload, network_workload,
    download_workload, query_workload, mixed_workload;

namespace {

constexpr std::array table = {&noop_workload,    &sleep_workload,    &hashing_workload,
                              &network_workload, &download_workload, &query_workload,
                              &mixed_workload};

}  // namespace

std::span<const workload_type* const> all_workloads() { return table; }

const workload_type& find_workload(std::string_view name) {
  std::vector<std::string> names;
  for (const workload_type* type : table) {
    if (type->name == name) return *type;
    names.emplace_back(type->name);
  }
  throw error(error_kind::invalid,
              fmt::format("unknown workload '{}': {}", name, suggestion(name, names)));
}

}  // namespace crossover
