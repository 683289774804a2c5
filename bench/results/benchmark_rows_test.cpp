#include "bench/results/benchmark_rows.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/results/document_for_test.hpp"
#include "bench/results/metrics.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

cell_result measured_cell() {
  cell_result cell;
  cell.name = "sleep/serial/cores:1/in_flight:1/delay:1ms";
  cell.workload = "sleep";
  cell.cores = cell.in_flight = 1;
  for (const double wall_s : {0.5, 0.25}) {
    sample s;
    s.operations = 100;
    s.wall_s = wall_s;
    s.cpu_user_s = 0.1;
    s.cpu_system_s = 0.1;
    cell.samples.push_back(s);
  }
  return cell;
}

ordered_json benchmark_rows(const results& all) { return document_of(all)["benchmarks"]; }

results read(const char* text) { return results_from_json(json::parse(text), "foreign.json"); }

TEST(benchmark_rows, one_row_per_repetition_in_google_benchmark_format) {
  results all;
  all.cells = {measured_cell()};
  const ordered_json rows = benchmark_rows(all);
  ASSERT_EQ(rows.size(), 2U);
  const auto& row = rows[1];
  EXPECT_EQ(row["name"], "sleep/serial/cores:1/in_flight:1/delay:1ms");
  EXPECT_EQ(row["run_type"], "iteration");
  EXPECT_EQ(row["repetitions"], 2);
  EXPECT_EQ(row["repetition_index"], 1);
  EXPECT_EQ(row["iterations"], 100);
  EXPECT_EQ(row["time_unit"], "ns");
  EXPECT_DOUBLE_EQ(row["real_time"], 2.5e6);
  EXPECT_DOUBLE_EQ(row["cpu_time"], 2e6);
  EXPECT_DOUBLE_EQ(row["items_per_second"], 400);
  EXPECT_DOUBLE_EQ(row["throughput"], 400);
  EXPECT_FALSE(row.contains("p50")) << "no latency was measured";
}

TEST(benchmark_rows, unmeasured_cpu_time_is_null) {
  results all;
  all.cells = {measured_cell()};
  all.cells[0].samples[0].cpu_user_s.reset();
  EXPECT_TRUE(benchmark_rows(all)[0]["cpu_time"].is_null());
}

TEST(benchmark_rows, failed_cells_give_error_rows_and_skipped_cells_none) {
  results all;
  all.cells = {measured_cell(), measured_cell()};
  all.cells[0].status = cell_status::failed;
  all.cells[0].reason = "killed by signal 11";
  all.cells[0].samples.clear();
  all.cells[1].status = cell_status::skipped;
  all.cells[1].samples.clear();
  const ordered_json rows = benchmark_rows(all);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["error_occurred"], true);
  EXPECT_EQ(rows[0]["error_message"], "killed by signal 11");
  EXPECT_TRUE(rows[0]["real_time"].is_null());
}

TEST(benchmark_rows, own_documents_are_valid_google_benchmark_documents) {
  results all;
  all.cells = {measured_cell()};
  json document = document_of(all);
  document.erase("crossover");
  const results foreign = results_from_json(document, "own.json");
  EXPECT_TRUE(foreign.foreign);
  ASSERT_EQ(foreign.cells.size(), 1U);
  ASSERT_EQ(foreign.cells[0].samples.size(), 2U);
  EXPECT_EQ(foreign.cells[0].samples[1].operations, 100U);
  EXPECT_DOUBLE_EQ(foreign.cells[0].samples[1].wall_s, 0.25);
}

TEST(foreign_rows, repetitions_become_samples) {
  const results all =
      read(R"({"context":{"date":"2026-01-01","num_cpus":8,"load_avg":[1.5]},"benchmarks":[
    {"name":"BM_find/64/threads:2","run_name":"BM_find/64/threads:2","run_type":"iteration",
     "iterations":1000,"real_time":2.0,"cpu_time":1.5,"time_unit":"us"},
    {"name":"BM_find/64/threads:2","run_name":"BM_find/64/threads:2","run_type":"iteration",
     "iterations":1000,"real_time":3.0,"cpu_time":1.5,"time_unit":"us"},
    {"name":"BM_find/64/threads:2_mean","run_name":"BM_find/64/threads:2","run_type":"aggregate",
     "aggregate_name":"mean","iterations":2,"real_time":2.5,"cpu_time":1.5,"time_unit":"us"}]})");
  EXPECT_TRUE(all.foreign);
  EXPECT_EQ(all.date, "2026-01-01");
  EXPECT_EQ(all.environment.at("num_cpus"), "8");
  ASSERT_EQ(all.cells.size(), 1U);
  const cell_result& cell = all.cells[0];
  EXPECT_EQ(cell.workload, "BM_find");
  EXPECT_EQ(cell.parameters,
            (std::map<std::string, std::string>{{"argument 1", "64"}, {"threads", "2"}}));
  EXPECT_EQ(cell.model, "");
  ASSERT_EQ(cell.samples.size(), 2U);
  EXPECT_DOUBLE_EQ(cell.samples[0].wall_s, 0.002);
  EXPECT_DOUBLE_EQ(*cell.samples[0].cpu_user_s, 0.0015);
  EXPECT_TRUE(cell.findings.empty());
}

TEST(foreign_rows, other_numbers_are_counters) {
  const results all = read(R"({"benchmarks":[{"name":"b/threads:2","family_index":3,"threads":2,
      "iterations":10,"real_time":2,"cpu_time":1,"items_per_second":5e6,"misses":7,
      "label":"x"}]})");
  EXPECT_EQ(all.cells[0].samples[0].counters,
            (std::map<std::string, double>{{"items_per_second", 5e6}, {"misses", 7}}));
}

TEST(foreign_rows, reads_all_time_units) {
  for (const auto& [unit, seconds] :
       std::map<std::string, double>{{"ns", 2e-9}, {"us", 2e-6}, {"ms", 2e-3}, {"s", 2}}) {
    const results all =
        read(("{\"benchmarks\":[{\"name\":\"b\",\"iterations\":1,\"real_time\":2,\"time_unit\":\"" +
              unit + "\"}]}")
                 .c_str());
    EXPECT_DOUBLE_EQ(all.cells[0].samples[0].wall_s, seconds) << unit;
  }
  EXPECT_THROW(read(R"({"benchmarks":[{"name":"b","real_time":2,"time_unit":"min"}]})"), error);
}

TEST(foreign_rows, cpu_time_is_the_cpu_metric_in_all_units) {
  for (const auto& [unit, seconds] :
       std::map<std::string, double>{{"ns", 2e-9}, {"us", 2e-6}, {"ms", 2e-3}, {"s", 2}}) {
    const results all = read((R"({"benchmarks":[{"name":"b","iterations":500,"real_time":3,
        "cpu_time":2,"time_unit":")" +
                              unit + "\"}]}")
                                 .c_str());
    const cell_result& cell = all.cells[0];
    EXPECT_DOUBLE_EQ(find_metric("cpu")->extract(cell, cell.samples[0]).value(), seconds) << unit;
  }
  const results aggregate = read(R"({"benchmarks":[{"name":"b_mean","run_name":"b",
      "run_type":"aggregate","aggregate_name":"mean","iterations":7,"real_time":3,
      "cpu_time":2}]})");
  const cell_result& cell = aggregate.cells[0];
  EXPECT_DOUBLE_EQ(find_metric("cpu")->extract(cell, cell.samples[0]).value(), 2e-9);
  const results without = read(R"({"benchmarks":[{"name":"b","iterations":5,"real_time":3}]})");
  EXPECT_FALSE(find_metric("cpu")->extract(without.cells[0], without.cells[0].samples[0]));
}

TEST(foreign_rows, times_too_large_for_a_number_are_absent) {
  const results all = read(R"({"benchmarks":[
    {"name":"a","iterations":1000,"real_time":1,"cpu_time":1e308,"time_unit":"s"},
    {"name":"b","iterations":1000,"real_time":1e308,"time_unit":"s"}]})");
  EXPECT_EQ(all.cells[0].samples.at(0).cpu_user_s, std::nullopt);
  EXPECT_EQ(all.cells[1].status, cell_status::failed);
}

TEST(foreign_rows, aggregates_without_repetitions_become_one_sample_with_a_finding) {
  const results all = read(R"({"benchmarks":[
    {"name":"b_median","run_name":"b","run_type":"aggregate","aggregate_name":"median",
     "real_time":5,"time_unit":"ns"},
    {"name":"b_mean","run_name":"b","run_type":"aggregate","aggregate_name":"mean",
     "real_time":7,"time_unit":"ns"},
    {"name":"c_median","run_name":"c","run_type":"aggregate","aggregate_name":"median",
     "real_time":5,"time_unit":"ns"},
    {"name":"d_stddev","run_name":"d","run_type":"aggregate","aggregate_name":"stddev",
     "real_time":5,"time_unit":"ns"}]})");
  ASSERT_EQ(all.cells.size(), 3U);
  EXPECT_DOUBLE_EQ(all.cells[0].samples.at(0).wall_s, 7e-9)
      << "the mean is preferred to the median";
  EXPECT_EQ(all.cells[0].findings.at(0).code, "aggregates_only");
  EXPECT_DOUBLE_EQ(all.cells[1].samples.at(0).wall_s, 5e-9);
  EXPECT_EQ(all.cells[2].status, cell_status::failed) << "a standard deviation is not a time";
}

TEST(foreign_rows, an_error_row_fails_only_its_cell) {
  const results all = read(R"({"benchmarks":[
    {"name":"bad","error_occurred":true,"error_message":"no file"},
    {"name":"good","iterations":1,"real_time":1,"time_unit":"ns"}]})");
  EXPECT_EQ(all.cells[0].status, cell_status::failed);
  EXPECT_EQ(all.cells[0].reason, "no file");
  EXPECT_EQ(all.cells[1].status, cell_status::ok);
}

TEST(foreign_rows, malformed_rows_are_unreadable) {
  for (const char* text : {R"({"benchmarks":[1]})", R"({"benchmarks":[{}]})",
                           R"({"benchmarks":[{"name":""}]})", R"({"benchmarks":{}})"})
    EXPECT_THROW(read(text), error) << text;
  EXPECT_TRUE(read(R"({"benchmarks":[]})").cells.empty());
}

TEST(metrics, absent_values_give_no_figure) {
  const cell_result cell;
  const sample nothing;
  for (const metric& m : all_metrics()) EXPECT_EQ(m.extract(cell, nothing), std::nullopt) << m.id;
}

TEST(metrics, ids_are_distinct_and_can_be_found) {
  for (const metric& m : all_metrics()) EXPECT_EQ(find_metric(m.id), &m) << m.id;
  EXPECT_EQ(find_metric("no such"), nullptr);
}

TEST(metrics, figures_are_per_operation) {
  cell_result cell = measured_cell();
  cell.cores = 2;
  cell.in_flight = 4;
  sample s = cell.samples[0];
  s.latency = latency_distribution{{{1000, 1016, 3}, {5000, 5064, 1}}, 5001, 2000, 1};
  s.voluntary_switches = 50;
  s.errors = {{"a", 20}, {"b", 5}};
  s.base_rss_bytes = 1000;
  s.peak_rss_bytes = 5000;
  const auto figure = [&](std::string_view id) {
    return find_metric(id)->extract(cell, s).value();
  };
  EXPECT_DOUBLE_EQ(figure("throughput"), 200);
  EXPECT_DOUBLE_EQ(figure("time"), 0.005);
  EXPECT_DOUBLE_EQ(figure("cpu"), 0.002);
  EXPECT_DOUBLE_EQ(figure("cpu_share"), 0.2);
  EXPECT_DOUBLE_EQ(figure("p50"), 1008e-9);
  EXPECT_DOUBLE_EQ(figure("max"), 5001e-9);
  EXPECT_DOUBLE_EQ(figure("voluntary_switches"), 0.5);
  EXPECT_DOUBLE_EQ(figure("errors"), 0.2);
  EXPECT_DOUBLE_EQ(figure("memory_per_in_flight"), 1000);
}

}  // namespace
}  // namespace crossover
