#include "workloads/registry.hpp"

#include <gtest/gtest.h>

#include <set>

namespace crossover {
namespace {

TEST(registry, lists_workloads_with_distinct_names) {
  std::set<std::string_view> names;
  for (const workload_type* type : all_workloads()) {
    EXPECT_TRUE(names.insert(type->name).second) << type->name;
    EXPECT_EQ(&find_workload(type->name), type);
    EXPECT_FALSE(type->summary.empty()) << type->name;
  }
  for (const char* promised : {"noop", "sleep", "hashing", "network"})
    EXPECT_TRUE(names.contains(promised)) << promised;
}

TEST(registry, defaults_are_within_their_ranges) {
  for (const workload_type* type : all_workloads())
    EXPECT_NO_THROW(parameter_values(type->name, type->parameters, {})) << type->name;
}

TEST(registry, unknown_name_suggests_the_nearest) {
  try {
    find_workload("slep");
    FAIL() << "slep was found";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    EXPECT_TRUE(std::string(e.what()).starts_with("unknown workload 'slep': did you mean 'sleep'?"))
        << e.what();
  }
}

TEST(registry, workload_with_a_server_declares_its_descriptors) {
  for (const workload_type* type : all_workloads())
    EXPECT_TRUE(type->start_server == nullptr || type->descriptors_per_lane > 0) << type->name;
}

TEST(registry, minimum_operation_time_is_the_delay) {
  const auto minimum_s = [](std::string_view name,
                            const std::map<std::string, std::string>& arguments) {
    const workload_type& type = find_workload(name);
    return type.min_operation_s(parameter_values(name, type.parameters, arguments));
  };
  EXPECT_DOUBLE_EQ(minimum_s("sleep", {{"delay", "20ms"}}), 0.02);
  EXPECT_DOUBLE_EQ(minimum_s("network", {{"delay", "1ms"}}), 0.001);
  EXPECT_EQ(minimum_s("network", {}), 0);
  EXPECT_EQ(minimum_s("hashing", {}), 0);
}

}  // namespace
}  // namespace crossover
