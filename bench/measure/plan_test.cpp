#include "bench/measure/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/measure/suites.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

const machine large = read_machine("core:64 pu:2");
constexpr machine_limits ample_limits{1'000'000, 1'000'000};

std::vector<named_parameters> named(std::initializer_list<const char*> texts) {
  std::vector<named_parameters> all;
  for (const char* text : texts) all.push_back(parse_named_parameters(text));
  return all;
}

std::vector<std::string> names_of(const std::vector<planned_cell>& cells) {
  std::vector<std::string> names;
  for (const planned_cell& cell : cells) names.push_back(cell.name);
  return names;
}

/// Returns the error message of a rejected plan.
std::string plan_error(const matrix& m, const machine& computer = large) {
  try {
    plan({m}, computer, ample_limits);
    return "accepted";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    return e.what();
  }
}

TEST(matrix, names_contain_all_parameters_in_order) {
  const auto cells =
      plan({{named({"network:delay=1ms"}), named({"event_loop"}), {4}, {64}}}, large, ample_limits);
  EXPECT_EQ(names_of(cells),
            std::vector<std::string>{"network/event_loop/cores:4/in_flight:64/bytes:64/delay:1ms"});
  const auto open =
      plan({{named({"noop"}), named({"event_loop"}), {1}, {2}, 1500}}, large, ample_limits);
  EXPECT_EQ(names_of(open),
            std::vector<std::string>{"noop/event_loop/cores:1/in_flight:2/rate:1500"});
}

TEST(matrix, cells_are_all_combinations_in_order) {
  const auto cells =
      plan({{named({"noop", "sleep"}), named({"event_loop", "processes"}), {1, 2}, {1, 8}}}, large,
           ample_limits);
  ASSERT_EQ(cells.size(), 16U);
  EXPECT_EQ(cells[0].name, "noop/event_loop/cores:1/in_flight:1");
  EXPECT_EQ(cells[1].name, "noop/event_loop/cores:1/in_flight:8");
  EXPECT_EQ(cells[2].name, "noop/event_loop/cores:2/in_flight:1");
  EXPECT_EQ(cells[15].name, "sleep/processes/cores:2/in_flight:8/delay:10ms");
}

TEST(matrix, duplicate_cells_are_planned_once) {
  const matrix m{named({"noop", "sleep:delay=10ms", "sleep:delay=10000us", "sleep"}),
                 named({"event_loop", "event_loop"}),
                 {1, 1},
                 {3}};
  const auto names = names_of(plan({m, m}, large, ample_limits));
  EXPECT_EQ(names, (std::vector<std::string>{"noop/event_loop/cores:1/in_flight:3",
                                             "sleep/event_loop/cores:1/in_flight:3/delay:10ms"}));
}

TEST(matrix, serial_becomes_one_cell_with_a_finding) {
  for (const std::vector<std::uint32_t>& in_flight :
       {std::vector<std::uint32_t>{64, 8}, std::vector<std::uint32_t>{1, 64}}) {
    const auto cells =
        plan({{named({"noop"}), named({"serial"}), {1, 2, 4}, in_flight}}, large, ample_limits);
    ASSERT_EQ(names_of(cells), std::vector<std::string>{"noop/serial/cores:1/in_flight:1"});
    ASSERT_EQ(cells[0].findings.size(), 1U);
    EXPECT_EQ(cells[0].findings[0].code, "in_flight_ignored");
  }
  const auto exact = plan({{named({"noop"}), named({"serial"}), {1}, {1}}}, large, ample_limits);
  EXPECT_TRUE(exact[0].findings.empty()) << "nothing was ignored";
}

TEST(matrix, too_few_descriptors_skip_with_the_required_number) {
  const matrix m{named({"network"}),
                 named({"event_loop", "thread_pool", "processes", "reference"}),
                 {1},
                 {1000}};
  const auto cells = plan({m}, large, {.descriptors = 500, .tasks = 1'000'000});
  ASSERT_EQ(cells.size(), 4U);
  for (const planned_cell& cell : cells) {
    EXPECT_TRUE(cell.skip_reason.starts_with("needs ")) << cell.name << ": " << cell.skip_reason;
    EXPECT_NE(cell.skip_reason.find("hard limit is 500"), std::string::npos) << cell.skip_reason;
    const std::uint64_t needed = std::stoull(cell.skip_reason.substr(6));
    EXPECT_GE(needed, 1000U);
    // The cell can run with exactly the number that it names, and not with one less.
    const matrix alone{named({"network"}), named({cell.model.c_str()}), {1}, {1000}};
    EXPECT_EQ(plan({alone}, large, {.descriptors = needed, .tasks = 1'000'000})[0].skip_reason, "")
        << cell.name;
    EXPECT_NE(plan({alone}, large, {.descriptors = needed - 1, .tasks = 1'000'000})[0].skip_reason,
              "")
        << cell.name;
  }
}

TEST(matrix, too_few_processes_or_threads_skip) {
  const matrix m{named({"noop"}), named({"processes", "thread_pool", "event_loop"}), {1}, {1000}};
  const auto cells = plan({m}, large, {.descriptors = 1'000'000, .tasks = 300});
  EXPECT_EQ(cells[0].skip_reason, "needs 1000 processes, limit for this user is 300");
  EXPECT_EQ(cells[1].skip_reason, "needs 1000 threads, limit for this user is 300");
  EXPECT_EQ(cells[2].skip_reason, "");
}

TEST(matrix, a_skipped_cell_appears_in_the_results) {
  const auto cells =
      plan({{named({"noop"}), named({"reference"}), {1}, {4}, 100}}, large, ample_limits);
  ASSERT_EQ(cells.size(), 1U);
  const cell_result result = result_of(cells[0]);
  EXPECT_EQ(result.status, cell_status::skipped);
  EXPECT_EQ(result.reason, "reference measures capacity: closed loop only");
  EXPECT_EQ(result.rate, 100);
}

TEST(matrix, result_of_copies_the_plan) {
  const auto cells =
      plan({{named({"sleep:delay=20ms", "hashing"}), named({"event_loop"}), {2}, {10}}}, large,
           ample_limits);
  const cell_result sleep = result_of(cells[0]);
  EXPECT_EQ(sleep.workload, "sleep");
  EXPECT_EQ(sleep.model, "event_loop");
  EXPECT_EQ(sleep.cores, 2U);
  EXPECT_EQ(sleep.in_flight, 10U);
  EXPECT_EQ(sleep.parameters, (std::map<std::string, std::string>{{"delay", "20ms"}}));
  ASSERT_TRUE(sleep.ceiling);
  EXPECT_DOUBLE_EQ(*sleep.ceiling, 500);
  EXPECT_EQ(result_of(cells[1]).ceiling, std::nullopt);
}

TEST(matrix, own_servers_and_urls_are_part_of_names_and_parameters) {
  using parameters = std::map<std::string, std::string>;
  const auto cells =
      plan({{named({"network", "download:url=http://a/b"}), named({"serial"}), {1}, {1}}}, large,
           ample_limits, {{"network", "a:80"}});
  EXPECT_EQ(cells[0].name, "network/serial/cores:1/in_flight:1/bytes:64/delay:0/endpoint:a:80");
  EXPECT_EQ(result_of(cells[0]).shown_parameters(),
            (parameters{{"bytes", "64"}, {"delay", "0"}, {"endpoint", "a:80"}}));
  EXPECT_EQ(cells[1].name, "download/serial/cores:1/in_flight:1/url:http://a/b");
  EXPECT_EQ(result_of(cells[1]).shown_parameters(), (parameters{{"url", "http://a/b"}}));
}

TEST(matrix, rejects_invalid_requests) {
  const auto with = [](std::vector<std::uint32_t> cores, std::vector<std::uint32_t> in_flight) {
    return matrix{named({"noop"}), named({"event_loop"}), std::move(cores), std::move(in_flight)};
  };
  EXPECT_EQ(plan_error(with({1}, {0})), "--in-flight 0: must be 1 to 1000000");
  EXPECT_EQ(plan_error(with({1}, {1'000'001})), "--in-flight 1000001: must be 1 to 1000000");
  EXPECT_EQ(plan_error(with({0}, {1})), "--cores 0: must be 1 to 128 on this machine");
  EXPECT_EQ(plan_error(with({1, 129}, {1})), "--cores 129: must be 1 to 128 on this machine");
  machine bounded = large;
  bounded.quota = 2;
  EXPECT_EQ(plan_error(with({3}, {1}), bounded), "--cores 3: must be 1 to 2 on this machine");
  EXPECT_TRUE(plan_error({named({"slep"}), named({"serial"}), {1}, {1}})
                  .starts_with("unknown workload 'slep': did you mean 'sleep'?"));
  EXPECT_TRUE(plan_error({named({"noop"}), named({"serail"}), {1}, {1}})
                  .starts_with("unknown model 'serail': did you mean 'serial'?"));
  EXPECT_TRUE(plan_error({named({"sleep:dealy=1ms"}), named({"serial"}), {1}, {1}})
                  .starts_with("sleep has no parameter 'dealy': did you mean 'delay'?"));
}

TEST(suites, every_suite_can_be_planned_on_any_machine) {
  for (const char* topology : {"core:1 pu:1", "core:2 pu:1", "pack:2 core:32 pu:2"}) {
    const machine computer = read_machine(topology);
    for (const suite& s : all_suites()) {
      const auto cells = plan(s.matrices(computer), computer, ample_limits);
      EXPECT_FALSE(cells.empty()) << s.name;
      EXPECT_TRUE(std::any_of(cells.begin(), cells.end(), [](const planned_cell& c) {
        return c.skip_reason.empty();
      })) << s.name;
      EXPECT_GT(s.seconds, 0) << s.name;
      EXPECT_GE(s.budget_s, 2U) << s.name << ": without repetitions there are no intervals";
    }
  }
}

TEST(suites, thorough_covers_every_workload_and_model) {
  const machine computer = read_machine("core:2 pu:1");
  std::set<std::string, std::less<>> seen;
  for (const planned_cell& cell :
       plan(find_suite("thorough").matrices(computer), computer, ample_limits))
    seen.insert({cell.workload, cell.model});
  for (const workload_type* type : all_workloads())
    EXPECT_TRUE(seen.contains(type->name)) << type->name;
  for (const model_type* type : all_models()) EXPECT_TRUE(seen.contains(type->name)) << type->name;
}

TEST(suites, unknown_suite_suggests_the_nearest) {
  try {
    find_suite("quik");
    FAIL() << "found";
  } catch (const error& e) {
    EXPECT_TRUE(std::string(e.what()).starts_with("unknown suite 'quik': did you mean 'quick'?"))
        << e.what();
  }
}

}  // namespace
}  // namespace crossover
