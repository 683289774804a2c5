#include "bench/cell/cell_location.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

TEST(cell_location, keeps_every_member_in_json) {
  const cell_location here = location_of_this_process({3, 5});
  const auto read = location_from_json(to_json(here));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->host, here.host);
  EXPECT_EQ(read->boot, here.boot);
  EXPECT_EQ(read->pid_namespace, here.pid_namespace);
  EXPECT_EQ(read->pid, ::getpid());
  EXPECT_EQ(read->cores, (std::vector<int>{3, 5}));
}

TEST(cell_location, incomplete_or_malformed_object_is_not_a_location) {
  nlohmann::json object = to_json(location_of_this_process({0}));
  object["pid"] = "4711";
  EXPECT_FALSE(location_from_json(object).has_value());
  object.erase("pid");
  EXPECT_FALSE(location_from_json(object).has_value());
  EXPECT_FALSE(location_from_json("node7").has_value());
}

TEST(cell_location, equal_boot_ids_mean_one_machine) {
  const cell_location a{.boot = "1"}, b{.boot = "2"};
  EXPECT_TRUE(share_machine(a, a));
  EXPECT_FALSE(share_machine(a, b));
}

TEST(cell_location, cpus_that_are_not_allowed_are_replaced) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  int cpu = 0;
  while (!CPU_ISSET(static_cast<std::size_t>(cpu), &before)) ++cpu;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(cpu), &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(allowed_cpus({cpu}), (std::vector<int>{cpu}));
  EXPECT_EQ(allowed_cpus({cpu + 1}), (std::vector<int>{cpu}));
  EXPECT_THROW(allowed_cpus({cpu, cpu + 1}), error);
  ::sched_setaffinity(0, sizeof before, &before);
}

}  // namespace
}  // namespace crossover
