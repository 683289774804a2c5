#include "reports/machine_types.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/contest_table.hpp"
#include "reports/contests.hpp"
#include "reports/machine_text.hpp"
#include "reports/page.hpp"
#include "reports/panels.hpp"
#include "reports/results_for_test.hpp"
#include "reports/settled.hpp"
#include "reports/summary.hpp"
#include "reports/tables.hpp"

namespace crossover {
namespace {

using names = std::vector<std::string>;

host machine_for_test(const std::string& name, const std::string& cores,
                      const std::string& model = "AMD EPYC 7B13") {
  return {name, {{"host", name}, {"cores", cores}, {"cpus", cores}, {"cpu_model", model}}};
}

/// Adds `blocks` blocks of a host to a cell, around a mean throughput.
void measure(cell_result& cell, std::uint32_t on, double mean, std::size_t blocks) {
  const cell_result of_host =
      cell_for_test(cell.model, 1, 64, around(mean, blocks, 0.004, 7 * on + 1), "network");
  for (sample s : of_host.samples) {
    s.host = on;
    s.block = cell.samples.size();
    cell.samples.push_back(s);
  }
}

/// Six hosts with 2 cores and four with 64. event_loop is best only on the small ones. The last
/// host has no block.
results fleet_for_test(std::size_t blocks = 4) {
  results value = results_for_test(
      {cell_for_test("event_loop", 1, 64, {}), cell_for_test("thread_pool", 1, 64, {})});
  for (int i = 0; i < 6; ++i)
    value.hosts.push_back(machine_for_test("small" + std::to_string(i), "2"));
  for (int i = 0; i < 5; ++i)
    value.hosts.push_back(machine_for_test("large" + std::to_string(i), "64"));
  for (std::uint32_t i = 0; i < 10; ++i) {
    measure(value.cells[0], i, i < 6 ? 100'000 : 50'000, blocks);
    measure(value.cells[1], i, i < 6 ? 50'000 : 80'000, blocks);
  }
  return value;
}

TEST(machine_types, differ_by_their_fingerprints) {
  results value;
  value.hosts = {machine_for_test("a", "64"), machine_for_test("b", "2"),
                 machine_for_test("c", "64"), machine_for_test("d", "8"),
                 machine_for_test("e", "64", "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz")};
  value.hosts[3].environment["cpus"] = "16";
  const std::vector<machine_type> types = machine_types_of(value);
  ASSERT_EQ(types.size(), 4U);
  EXPECT_EQ(types[0].name, "2-core AMD EPYC 7B13");
  EXPECT_EQ(types[1].name, "8-core AMD EPYC 7B13");
  EXPECT_EQ(types[2].name, "64-core AMD EPYC 7B13");
  EXPECT_EQ(types[2].hosts, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(types[3].name, "64-core Intel Xeon Gold 6230");
  EXPECT_TRUE(machine_types_of({}).empty());
}

TEST(machine_types, get_longer_names_if_short_ones_are_equal) {
  results value;
  value.hosts = {machine_for_test("a", "64"), machine_for_test("b", "64")};
  value.hosts[1].environment["cpus"] = "128";
  EXPECT_EQ(machine_types_of(value)[0].name, "64-core AMD EPYC 7B13, 128 CPUs");
  EXPECT_EQ(machine_types_of(value)[1].name, "64-core AMD EPYC 7B13, 64 CPUs");
}

TEST(split_by_machine_type, has_contests_for_each_type) {
  const auto split = split_by_machine_type(fleet_for_test());
  ASSERT_TRUE(split);
  const std::vector<contest> contests = contests_of(*split);
  ASSERT_EQ(contests.size(), 2U);
  EXPECT_EQ(contests[0].parameters.at("machine"), "2-core AMD EPYC 7B13");
  EXPECT_EQ(contests[0].models.front().model, "event_loop");
  EXPECT_EQ(contests[0].verdict, contest_verdict::best);
  EXPECT_EQ(contests[0].hosts, 6U);
  EXPECT_EQ(contests[0].blocks, 24U);
  EXPECT_TRUE(contests[0].missing_hosts.empty());
  EXPECT_EQ(contests[1].parameters.at("machine"), "64-core AMD EPYC 7B13");
  EXPECT_EQ(contests[1].models.front().model, "thread_pool");
  EXPECT_EQ(contests[1].hosts, 4U);
  EXPECT_EQ(contests[1].missing_hosts, names{"large4"});
  EXPECT_FALSE(split_by_machine_type(three_contests_for_test())) << "no fleet";
}

TEST(split_by_machine_type, one_host_gives_the_figures_of_a_run_without_a_fleet) {
  const results alone = three_contests_for_test();
  results fleet = alone;
  fleet.hosts = {machine_for_test("only", "2")};
  for (cell_result& cell : fleet.cells)
    for (sample& s : cell.samples) s.host = 0;
  const auto split = split_by_machine_type(fleet);
  ASSERT_TRUE(split);
  const std::vector<contest> before = contests_of(alone), after = contests_of(*split);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].verdict, after[i].verdict);
    EXPECT_EQ(before[i].parameters, after[i].parameters);
    EXPECT_EQ(before[i].blocks, after[i].blocks);
    EXPECT_EQ(before[i].blocks_wanted, after[i].blocks_wanted);
    ASSERT_EQ(before[i].models.size(), after[i].models.size());
    for (std::size_t m = 0; m < before[i].models.size(); ++m) {
      const contender &a = before[i].models[m], &b = after[i].models[m];
      EXPECT_EQ(a.model, b.model);
      EXPECT_EQ(a.throughput, b.throughput);
      EXPECT_EQ(a.slower_by_at_least, b.slower_by_at_least);
      ASSERT_EQ(a.to_best.has_value(), b.to_best.has_value());
      if (!a.to_best) continue;
      EXPECT_EQ(a.to_best->ratio, b.to_best->ratio);
      EXPECT_EQ(a.to_best->lower, b.to_best->lower);
      EXPECT_EQ(a.to_best->upper, b.to_best->upper);
    }
  }
  for (std::size_t i = 0; i < alone.cells.size(); ++i) {
    const auto a = interval_of(alone.cells[i], "throughput"),
               b = interval_of(split->cells[i], "throughput");
    ASSERT_EQ(a.has_value(), b.has_value());
    if (a) {
      EXPECT_EQ(a->lower, b->lower);
    }
  }
}

TEST(split_by_machine_type, figures_are_means_of_hosts) {
  results value = results_for_test({cell_for_test("event_loop", 1, 64, {})});
  value.hosts = {machine_for_test("a", "2"), machine_for_test("b", "2")};
  measure(value.cells[0], 0, 1'000'000, 30);
  measure(value.cells[0], 1, 2'000'000, 2);
  const auto figure = interval_of(split_by_machine_type(value)->cells[0], "throughput");
  EXPECT_NEAR(figure->mean, 1'500'000, 10'000);
  EXPECT_EQ(figure->n, 32U);
}

TEST(split_by_machine_type, finding_of_one_host_names_it_and_does_not_cap_the_others) {
  results value = fleet_for_test();
  for (cell_result& cell : value.cells) {
    cell.findings.push_back({"server_bound", "the server used 97 % of its 1 CPUs", 2});
    for (std::uint32_t host = 6; host < 10; ++host)
      cell.findings.push_back({"shared_cores", "shares 1 core", host});
    cell.findings.push_back({"errors", "of no host in particular"});
  }
  const auto split = split_by_machine_type(value);
  const std::vector<finding>& small = split->cells[0].findings;
  ASSERT_EQ(small.size(), 2U);
  EXPECT_EQ(small[0].detail, "on small2 only: the server used 97 % of its 1 CPUs");
  EXPECT_EQ(small[0].host, 2U);
  EXPECT_EQ(small[1].detail, "of no host in particular");
  const std::vector<finding>& large = split->cells[1].findings;
  ASSERT_EQ(large.size(), 2U);
  EXPECT_EQ(large[0].detail, "on all 4 hosts; large0: shares 1 core");
  EXPECT_FALSE(large[0].host);

  for (cell_result& cell : value.cells) cell.findings.pop_back();
  EXPECT_EQ(contests_of(*split_by_machine_type(value))[0].verdict, contest_verdict::best);
  for (cell_result& cell : value.cells)
    for (std::uint32_t host = 0; host < 6; ++host)
      if (host != 2) cell.findings.push_back({"server_bound", "97 %", host});
  EXPECT_EQ(contests_of(*split_by_machine_type(value))[0].why, verdict_reason::server_bound);
}

TEST(split_by_machine_type, cell_for_larger_machines_is_left_out_for_smaller_ones) {
  results value = fleet_for_test();
  value.cells.push_back(cell_for_test("event_loop", 64, 64, {}));
  measure(value.cells.back(), 7, 900'000, 3);
  value.cells.push_back(cell_for_test("fibers", 1, 64, {}));
  value.cells.back().status = cell_status::failed;
  value.cells.back().reason = "killed by signal 11";
  const auto split = split_by_machine_type(value);
  ASSERT_EQ(split->cells.size(), 4U + 1 + 2);
  EXPECT_EQ(split->cells[4].machine, "64-core AMD EPYC 7B13");
  EXPECT_EQ(contests_of(*split)[0].failed.size(), 1U) << "it failed on every type";
}

TEST(hosts, that_differ_too_much_ask_for_more_hosts) {
  results value = results_for_test(
      {cell_for_test("event_loop", 1, 64, {}), cell_for_test("thread_pool", 1, 64, {})});
  for (std::uint32_t i = 0; i < 4; ++i) {
    value.hosts.push_back(machine_for_test("node" + std::to_string(i), "2"));
    measure(value.cells[0], i, 100'000 * (1 + 0.02 * i), 12);
    measure(value.cells[1], i, 100'000, 12);
  }
  const contest c = contests_of(*split_by_machine_type(value)).front();
  EXPECT_EQ(c.verdict, contest_verdict::cannot_tell);
  EXPECT_FALSE(c.blocks_wanted);
  ASSERT_TRUE(c.hosts_wanted);
  EXPECT_GT(*c.hosts_wanted, 4U);
  const std::string text = contest_tables(value, {}, {.columns = 100});
  EXPECT_NE(text.find("4 hosts"), std::string::npos) << text;
  EXPECT_NE(text.find("more hosts"), std::string::npos) << text;
}

TEST(blocks_settle, when_every_type_has_settled) {
  const std::vector<std::size_t> cells = {0, 1};
  EXPECT_FALSE(blocks_settle(fleet_for_test(1), cells)) << "six and four blocks";
  EXPECT_TRUE(blocks_settle(fleet_for_test(4), cells)) << "24 and 16 blocks";
  results one_noisy = fleet_for_test(4);
  for (sample& s : one_noisy.cells[0].samples)
    if (*s.host >= 6) s.operations = s.operations * (3 + *s.host % 2) / 3;
  EXPECT_FALSE(blocks_settle(one_noisy, cells));
}

TEST(machines_sentence, names_a_model_that_is_best_on_one_type_and_not_on_another) {
  const auto split = split_by_machine_type(fleet_for_test());
  EXPECT_EQ(machines_sentence(contests_of(*split)),
            "The best model depends on the machine in 1 of 1 question: network 64 B (1 core, 64 in "
            "flight): event_loop on 2-core AMD EPYC 7B13, thread_pool on 64-core AMD EPYC 7B13.");
  EXPECT_EQ(machines_sentence(contests_of(three_contests_for_test())), "");
}

TEST(host_sentences, name_missing_hosts_and_differences_within_a_type) {
  results value = fleet_for_test();
  for (host& machine : value.hosts) machine.environment["kernel"] = "Linux 6.1";
  value.hosts[3].environment["kernel"] = "Linux 6.5";
  value.hosts[8].environment["load_average"] = "3";
  value.hosts[9].lost = "no answer for 30 s";
  EXPECT_EQ(host_sentences(value),
            (names{"1 of 11 hosts was lost: large3: no answer for 30 s.",
                   "1 of 11 hosts measured nothing: large4.",
                   "Hosts of 2-core AMD EPYC 7B13 differ in kernel: Linux 6.1 (small0, small1, "
                   "small2, small4 and 1 more), Linux 6.5 (small3)."}));
}

TEST(fleet, is_in_every_report) {
  const results value = fleet_for_test();
  const std::string depends = "The best model depends on the machine in 1 of 1 question";
  const results shown = *split_by_machine_type(value);
  const std::string html = page(value, nullptr);
  for (const std::string& text : {summary(value, {.columns = 100}), table_markdown(shown), html})
    EXPECT_NE(text.find(depends), std::string::npos) << text.substr(0, 2000);
  EXPECT_NE(html.find("2 machine types, 11 hosts"), std::string::npos);
  EXPECT_NE(html.find("<th scope=\"col\" dir=\"auto\">64-core AMD EPYC 7B13</th>"),
            std::string::npos);
  EXPECT_NE(contest_tables(value, {}, {.columns = 120}).find("4 of 5 hosts"), std::string::npos);
  const std::string csv = table_csv(shown);
  EXPECT_NE(csv.find(",machine,hosts\r\n"), std::string::npos);
  EXPECT_NE(csv.find(",64-core AMD EPYC 7B13,4\r\n"), std::string::npos);
  const auto json = nlohmann::json::parse(table_json(shown));
  EXPECT_EQ(json["machines"][1]["hosts"].size(), 5U);
  EXPECT_EQ(json["contests"][1]["hosts"], 4);
  EXPECT_EQ(json["contests"][1]["missing_hosts"], nlohmann::json({"large4"}));
  EXPECT_FALSE(nlohmann::json::parse(table_json(three_contests_for_test())).contains("machines"));
}

}  // namespace
}  // namespace crossover
