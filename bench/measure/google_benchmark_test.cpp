#include "bench/measure/google_benchmark.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

/// Returns results of two cells with these samples each (operations in 1 s).
results results_of_two(const std::vector<std::uint64_t>& operations) {
  results all;
  for (const char* name :
       {"noop/event_loop/cores:1/in_flight:2", "noop/processes/cores:1/in_flight:2"}) {
    cell_result cell;
    cell.name = name;
    cell.workload = "noop";
    for (const std::uint64_t count : operations) {
      sample s;
      s.operations = count;
      s.wall_s = 1;
      s.cpu_user_s = 0.25;
      s.cpu_system_s = 0.25;
      cell.samples.push_back(s);
    }
    all.cells.push_back(cell);
  }
  return all;
}

std::string printed_by(const std::vector<std::string>& flags, results& all) {
  const google_benchmark library(flags);
  ::testing::internal::CaptureStdout();
  library.report(all);
  return ::testing::internal::GetCapturedStdout();
}

TEST(google_benchmark_report, aggregates_agree_with_the_samples) {
  results all = results_of_two({1000, 500, 250});
  printed_by({}, all);
  std::map<std::string, int> kinds;
  for (const std::string& text : all.aggregates) {
    const json row = json::parse(text);
    ++kinds[row.at("aggregate_name").get<std::string>()];
    EXPECT_EQ(row.at("repetitions"), 3);
    EXPECT_EQ(row.at("name"), row.at("run_name").get<std::string>() + "_" +
                                  row.at("aggregate_name").get<std::string>());
    EXPECT_EQ(row.at("name").get<std::string>().find("manual_time"), std::string::npos);
    if (row["aggregate_name"] == "mean") {
      EXPECT_NEAR(row.at("real_time").get<double>(), (1e6 + 2e6 + 4e6) / 3, 1);
      EXPECT_NEAR(row.at("throughput").get<double>(), 1750 / 3.0, 1e-6);
    }
  }
  EXPECT_EQ(kinds,
            (std::map<std::string, int>{{"mean", 2}, {"median", 2}, {"stddev", 2}, {"cv", 2}}));
}

TEST(google_benchmark_report, prints_nothing_unless_a_format_is_requested) {
  results all = results_of_two({1000, 500});
  EXPECT_EQ(printed_by({}, all), "");
  const std::string table = printed_by({"--benchmark_format=console"}, all);
  for (const cell_result& cell : all.cells) {
    const std::size_t first = table.find(cell.name);
    EXPECT_NE(first, std::string::npos) << table;
    EXPECT_EQ(table.find(cell.name, first + 1), std::string::npos) << "one row per cell";
  }
  EXPECT_EQ(table.find("WARNING"), std::string::npos) << table;
}

TEST(google_benchmark_report, json_has_a_row_per_block_and_the_aggregates) {
  results all = results_of_two({1000, 500, 250, 125});
  all.cells[1].status = cell_status::failed;
  all.cells[1].reason = "a digest differs";
  all.cells[1].samples.clear();
  const json document = json::parse(printed_by({"--benchmark_format=json"}, all), nullptr, false);
  ASSERT_TRUE(document.is_object());
  ASSERT_EQ(document["benchmarks"].size(), 4U + 4 + 1);
  EXPECT_EQ(document["benchmarks"][8]["error_message"], "a digest differs");
}

TEST(google_benchmark_flags, are_accepted_and_others_rejected) {
  EXPECT_EQ(google_benchmark({"--benchmark_repetitions=7"}).repetitions(), 7U);
  EXPECT_FALSE(google_benchmark({}).repetitions());
  EXPECT_TRUE(google_benchmark({"--benchmark_list_tests"}).lists_only());
  EXPECT_FALSE(google_benchmark({"--benchmark_list_tests=false"}).lists_only());
  EXPECT_TRUE(google_benchmark({"--benchmark_filter=hash"}).filter().keeps("hashing/serial"));
  EXPECT_FALSE(google_benchmark({"--benchmark_filter=-hash"}).filter().keeps("hashing/serial"));
  for (const char* const flag : {"--benchmark_fliter=x", "--benchmark_repetitions=0",
                                 "--benchmark_repetitions=many", "--benchmark_filter=("}) {
    try {
      google_benchmark({flag});
      FAIL() << flag;
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::invalid) << flag;
    }
  }
}

}  // namespace
}  // namespace crossover
