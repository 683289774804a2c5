#include "bench/results/results.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/results/document_for_test.hpp"
#include "bench/results/sample_json.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

sample full_sample() {
  sample s;
  s.operations = 41'000;
  s.wall_s = 0.5003;
  s.cpu_user_s = 0.21;
  s.cpu_system_s = 0.25;
  s.voluntary_switches = 12;
  s.involuntary_switches = 0;
  s.minor_faults = 3;
  s.major_faults = 0;
  s.latency = latency_distribution{{{64, 65, 10}, {128, 130, 31}}, 129, 112.5, 1000};
  s.service = latency_distribution{{{64, 65, 41}}, 64, 64, 1};
  s.errors = {{"receive:ECONNRESET", 2}};
  s.worker_operations = {20'000, 21'000};
  s.checksum = "abc";
  s.counters = {{"items_per_second", 1.5e6}, {"order", 3}};  // schema 1 had a member of that name
  s.rate = 100'000;
  s.arrivals = {50'000, 49'500, 100};
  s.start_s = 0.0001;
  s.drain_s = 0.0002;
  s.series = {400, 410};
  s.host = 1;
  s.server_host = 0;
  s.clients = 2;
  s.client_skew_s = 0.0004;
  s.block = 3;
  s.pass = 1;
  s.block_s = 0.7;
  s.foreign_cpu_s = 0.01;
  s.throttled_s = 0;
  s.slowness = 1.01;
  s.idle_cpu_s = 0.001;
  s.idle_s = 0.5;
  s.sequence = 7;
  s.startup_s = 0.01;
  s.setup_s = 0.004;
  s.base_rss_bytes = 7'000'000;
  s.peak_rss_bytes = 9'000'000;
  s.server_cpu_s = 0.1;
  s.server_cpus = 1;
  s.steal_s = 0;
  s.pressure_s = 0.02;
  return s;
}

results full_results() {
  results all;
  all.environment = {{"cpu_model", "quoted \"name\""}, {"cpus", "2"}};
  all.hosts = {{"node1", {{"cpus", "8"}, {"kernel", "Linux 6.1"}}}, {"node2", {}, "no reply"}};
  all.command = {"crossover", "run", "--workload", "späße"};
  all.seed = 18446744073709551615ULL;
  all.date = "2026-01-02T03:04:05+00:00";
  all.suite = "quick";
  all.equal = 0.03;
  all.plan = run_settings{.seconds = 0.08,
                          .budget_s = 12,
                          .repetitions = 3,
                          .grace_s = 20,
                          .programs = {"--launcher", "taskset -c 3"},
                          .clients = 2};
  all.status = results_status::interrupted;
  cell_result ok;
  ok.name = "network/event_loop/cores:1/in_flight:64/bytes:64/delay:0";
  ok.workload = "network";
  ok.parameters = {{"bytes", "64"}, {"delay", "0"}};
  ok.model = "event_loop";
  ok.cores = 1;
  ok.in_flight = 64;
  ok.ceiling = 6400;
  ok.max_blocks = 2;
  ok.findings = {{"steal", "the hypervisor took 3 %"}, {"pressure", "tasks waited", 1}};
  ok.samples = {full_sample(), {}};
  ok.samples[1].operations = 1;
  ok.samples[1].wall_s = 1;
  ok.samples[1].host = 0;
  cell_result skipped = ok, failed = ok;
  skipped.name = "skipped";
  skipped.status = cell_status::skipped;
  skipped.reason = "needs 1064 file descriptors";
  skipped.samples.clear();
  skipped.ceiling.reset();
  failed.name = "failed";
  failed.status = cell_status::failed;
  failed.reason = "killed by signal 11";
  failed.samples.clear();
  all.cells = {ok, skipped, failed};
  all.aggregates = {
      R"({"name":"x_mean","run_name":"x","run_type":"aggregate","aggregate_name":"mean",)"
      R"("real_time":1.5})"};
  return all;
}

/// Provides a temporary directory.
struct results_file_test : ::testing::Test {
  fs::path directory =
      fs::path(::testing::TempDir()) / ("crossover_results." + std::to_string(::getpid()));
  fs::path file = directory / "results.json";
  void SetUp() override { fs::create_directory(directory); }
  void TearDown() override { fs::remove_all(directory); }
  std::string content() const {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
  }
};

TEST(sample_json, round_trip_keeps_every_member) {
  const json once = to_json(full_sample());
  EXPECT_EQ(to_json(sample_from_json(once)), once);
  EXPECT_EQ(once.size(), 40U) << "a new member must be read and written";
}

TEST(sample_json, unmeasured_values_are_absent) {
  sample bare;
  bare.operations = 1;
  bare.wall_s = 2;
  const json line = to_json(bare);
  EXPECT_EQ(line, json({{"operations", 1}, {"wall_s", 2.0}, {"errors", json::object()}}));
  const sample read = sample_from_json(line);
  EXPECT_FALSE(read.cpu_user_s || read.latency || read.peak_rss_bytes || read.rate ||
               read.sequence || read.major_faults);
}

TEST(sample_json, null_means_absent) {
  const sample read = sample_from_json(json::parse(
      R"({"operations":1,"wall_s":2,"cpu_user_s":null,"latency":null,"errors":{"x":0}})"));
  EXPECT_FALSE(read.cpu_user_s || read.latency);
  EXPECT_TRUE(read.errors.empty()) << "an error count of 0 is dropped";
}

TEST(sample_json, nan_and_infinity_become_null) {
  sample s = full_sample();
  s.cpu_user_s = std::numeric_limits<double>::quiet_NaN();
  s.steal_s = std::numeric_limits<double>::infinity();
  s.latency->mean_ns = -std::numeric_limits<double>::infinity();
  const json line = to_json(s);
  EXPECT_TRUE(line["cpu_user_s"].is_null());
  EXPECT_TRUE(line["steal_s"].is_null());
  EXPECT_TRUE(line["latency"]["mean"].is_null());
  EXPECT_FALSE(json::parse(line.dump(), nullptr, false).is_discarded());
}

TEST(sample_json, derives_missing_maximum_and_mean_from_the_bins) {
  const sample read = sample_from_json(json::parse(
      R"({"operations":3,"wall_s":1,"latency":{"bins":[[10,20,1],[20,30,0],[30,40,2]]}})"));
  EXPECT_EQ(read.latency->bins.size(), 2U);
  EXPECT_EQ(read.latency->max_ns, 39U);
  EXPECT_DOUBLE_EQ(read.latency->mean_ns, (15 + 35 + 35) / 3.0);
  EXPECT_EQ(read.latency->sampling_interval, 1U);
}

TEST(sample_json, names_the_missing_or_mistyped_member) {
  const auto error_message = [](const char* text) -> std::string {
    try {
      sample_from_json(json::parse(text));
      return "accepted";
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::unreadable);
      return e.what();
    }
  };
  EXPECT_EQ(error_message("[]"), "sample: not an object");
  EXPECT_EQ(error_message(R"({"wall_s":1})"), "sample: number 'operations' is missing");
  EXPECT_EQ(error_message(R"({"operations":1,"wall_s":"1"})"), "wall_s: not a number");
  EXPECT_EQ(error_message(R"({"operations":1,"wall_s":1,"latency":[]})"),
            "latency: must be an object with an array 'bins'");
  EXPECT_EQ(error_message(R"({"operations":1,"wall_s":1,"latency":{"bins":[[1,2]]}})"),
            "latency: a bin must be [lower, upper, count]");
}

TEST_F(results_file_test, round_trip_through_a_file) {
  const results all = full_results();
  write_results(file, all);
  const results read = read_results(file);
  EXPECT_EQ(json(document_of(read)), json(document_of(all)));
  EXPECT_EQ(read.seed, all.seed);
  EXPECT_EQ(read.equal, 0.03);
  EXPECT_EQ(read.plan, all.plan);
  EXPECT_EQ(read.hosts, all.hosts);
  EXPECT_EQ(read.cells[0].max_blocks, 2U);
  EXPECT_EQ(read.command, all.command);
  EXPECT_EQ(read.status, results_status::interrupted);
  EXPECT_FALSE(read.foreign);
  EXPECT_EQ(files(), 1) << "no temporary file is left";
}

TEST_F(results_file_test, the_order_of_members_does_not_matter) {
  const json document = document_of(full_results());
  const json& own = document["crossover"];
  std::ofstream(file) << R"({"crossover":{"cells":)" << own["cells"] << R"(,"command":)"
                      << own["command"] << R"(,"environment":)" << own["environment"]
                      << R"(,"hosts":)" << own["hosts"] << R"(,"schema":2,"plan":)" << own["plan"]
                      << R"(,"seed":)" << own["seed"] << R"(,"equal":)" << own["equal"]
                      << R"(,"date":)" << own["date"]
                      << R"(,"status":"interrupted","suite":"quick"},"benchmarks":)"
                      << document["benchmarks"] << "}";
  EXPECT_EQ(json(document_of(read_results(file))), document);
}

TEST_F(results_file_test, a_run_without_a_fleet_names_no_host) {
  results all = full_results();
  all.hosts.clear();
  for (cell_result& cell : all.cells) {
    for (sample& s : cell.samples) {
      s.host.reset();
      s.server_host.reset();
    }
    for (finding& f : cell.findings) f.host.reset();
  }
  write_results(file, all);
  EXPECT_EQ(content().find("\"host\""), std::string::npos);
  EXPECT_EQ(content().find("\"hosts\""), std::string::npos);
  EXPECT_TRUE(read_results(file).hosts.empty());
}

TEST_F(results_file_test, malformed_rows_of_an_own_document_are_ignored) {
  std::ofstream(file) << R"({"benchmarks":[1,{"name":"x","real_time":1,"time_unit":"min"}],
                             "crossover":{"schema":2,"cells":[]}})";
  EXPECT_TRUE(read_results(file).cells.empty());
}

TEST_F(results_file_test, invalid_utf8_is_replaced) {
  results all = full_results();
  all.cells[2].reason = "stderr: \xff\xfe";
  write_results(file, all);
  EXPECT_FALSE(json::parse(content(), nullptr, false).is_discarded());
}

TEST_F(results_file_test, an_empty_document_is_valid) {
  write_results(file, {});
  const json document = json::parse(content());
  EXPECT_EQ(document["benchmarks"], json::array());
  EXPECT_EQ(document["crossover"]["cells"], json::array());
  EXPECT_TRUE(document["context"]["num_cpus"].is_null()) << "unknown is null";
}

TEST_F(results_file_test, unreadable_files_give_one_line_with_the_file_name) {
  const auto error_message = [this](const std::string& text) -> std::string {
    std::ofstream(file) << text;
    try {
      read_results(file);
      return "read";
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::unreadable);
      const std::string what = e.what();
      EXPECT_TRUE(what.starts_with(file.string() + ": ")) << what;
      EXPECT_EQ(what.find('\n'), std::string::npos) << what;
      return what.substr(file.string().size() + 2);
    }
  };
  const std::string not_json =
      "not JSON, truncated, or nested deeper than 64 levels: expected a file written by `crossover "
      "run`";
  EXPECT_EQ(error_message(""), not_json);
  EXPECT_EQ(error_message(R"({"crossover": {"sch)"), not_json);
  EXPECT_EQ(error_message(R"({"benchmarks":)" + std::string(20'000, '[') +
                          std::string(20'000, ']') + "}"),
            not_json);
  EXPECT_EQ(error_message("[1]"), "document: not an object");
  EXPECT_EQ(error_message("{}"),
            "document: not a crossover or Google Benchmark results file (no 'benchmarks' array)");
  EXPECT_EQ(error_message(R"({"crossover":{"schema":3,"cells":[]}})"),
            "crossover.schema: unsupported schema version (expected 2): use the crossover version "
            "that wrote it");
  EXPECT_EQ(error_message(R"({"crossover":{"schema":2}})"), "crossover.cells: array is missing");
  EXPECT_EQ(error_message(R"({"crossover":{"schema":2,"cells":[{"status":"fine"}]}})"),
            "cell: status 'fine' is not ok, skipped or failed");
  EXPECT_EQ(error_message(R"({"crossover":{"schema":1,"cells":[{"status":"ok","samples":[{}]}]}})"),
            "sample: number 'operations' is missing");
  EXPECT_EQ(error_message(R"({"benchmarks":[{"name":")" + std::string(2 << 20, 'x') + "\"}]}"),
            "a text is longer than 1 MiB");
  EXPECT_EQ(error_message(R"({"crossover":{"schema":2,"cells":[1]}})"),
            "cells: a cell is not an object");
  EXPECT_EQ(error_message(R"({"crossover":{"schema":2,"cells":[{"status":"ok","samples":[1]}]}})"),
            "sample: not an object");
  const auto with_hosts = [&](const std::string& hosts, const std::string& members) {
    return error_message(R"({"crossover":{"schema":2,)" + hosts +
                         R"("cells":[{"status":"ok","samples":[{"operations":1,"wall_s":1)" +
                         members + "}]}]}}");
  };
  const std::string two =
      R"("hosts":[{"name":"a","environment":{}},{"name":"b","environment":{}}],)";
  EXPECT_EQ(with_hosts(two, R"(,"host":1)"), "read");
  EXPECT_EQ(with_hosts(two, R"(,"host":2)"), "sample: host 2 is not in crossover.hosts");
  EXPECT_EQ(with_hosts(two, ""), "sample: number 'host' is missing");
  EXPECT_EQ(with_hosts(two, R"(,"host":1,"server_host":0)"), "read");
  EXPECT_EQ(with_hosts(two, R"(,"host":1,"server_host":2)"),
            "sample: host 2 is not in crossover.hosts");
  EXPECT_EQ(with_hosts(two, R"(,"host":-1)"), "host: count is negative or too large");
  EXPECT_EQ(with_hosts(two, R"(,"host":"a")"), "host: not a number");
  EXPECT_EQ(with_hosts("", R"(,"host":0)"), "sample: host 0 is not in crossover.hosts");
  EXPECT_EQ(error_message(R"({"crossover":{"schema":2,"cells":[{"status":"failed",
                              "findings":[{"code":"steal","detail":"4 %","host":0}]}]}})"),
            "finding: host 0 is not in crossover.hosts");
  EXPECT_EQ(with_hosts(R"("hosts":{},)", ""), "crossover.hosts: not an array");
  EXPECT_EQ(with_hosts(R"("hosts":[1],)", ""), "crossover.hosts[0]: not an object");
  EXPECT_EQ(with_hosts(R"("hosts":[{"environment":{}}],)", ""),
            "crossover.hosts[0]: string 'name' is missing");
  EXPECT_EQ(with_hosts(R"("hosts":[{"name":"a"}],)", ""),
            "crossover.hosts[0]: object 'environment' is missing");
  EXPECT_EQ(with_hosts(R"("hosts":[{"name":"a","environment":{}},{"name":"a"}],)", ""),
            "crossover.hosts[1]: an earlier host has the same name");
  EXPECT_THROW(read_results(directory), error);
  EXPECT_THROW(read_results(directory / "absent.json"), error);
}

TEST(results_file, schema_1_is_read_under_the_new_names) {
  const results read = read_results(CROSSOVER_RESULTS_TESTDATA "/schema_1.json");
  ASSERT_EQ(read.cells.size(), 2U);
  const cell_result& network = read.cells[1];
  EXPECT_EQ(network.findings, (std::vector<finding>{{"server_bound", "97 %"}, {"steal", "4 %"}}));
  const sample& first = network.samples.at(0);
  EXPECT_EQ(first.operations, 97U);
  EXPECT_DOUBLE_EQ(first.server_cpu_s.value(), 0.002542107);
  EXPECT_DOUBLE_EQ(first.server_cpus.value(), 1);
  EXPECT_DOUBLE_EQ(first.steal_s.value(), 0);
  EXPECT_EQ(first.sequence, 0U);
  EXPECT_DOUBLE_EQ(first.startup_s.value(), 0.007674371);
  EXPECT_EQ(first.latency->sampling_interval, 1U);
}

}  // namespace
}  // namespace crossover
