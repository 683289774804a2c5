#include "reports/tables.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/results/metrics.hpp"
#include "reports/results_for_test.hpp"
#include "reports/text_for_test.hpp"

namespace crossover {
namespace {

using nlohmann::json;

TEST(tables, have_every_cell_and_escape_hostile_names) {
  const auto value = hostile_results_for_test();
  const std::string markdown = table_markdown(value);
  EXPECT_EQ(markdown.find('<'), std::string::npos);
  EXPECT_EQ(count_of(markdown, "| failed |"), hostile_texts().size());
  const std::string csv = table_csv(value);
  EXPECT_EQ(csv.rfind("name,workload,parameters,model,cores,in_flight,status,reason,findings,"
                      "repetitions,verdict,class,to_best,to_best_lower,to_best_upper,"
                      "throughput,throughput_lower,throughput_upper,",
                      0),
            0u);
  EXPECT_EQ(json::parse(table_json(value))["cells"].size(), value.cells.size());
}

TEST(tables, csv_has_one_record_per_cell_with_intervals) {
  const std::string csv =
      table_csv(results_for_test({cell_for_test("a,\"b\"", 1, 64, {100, 100})}));
  const std::string record = csv.substr(csv.find("\r\n") + 2);
  EXPECT_EQ(
      record.rfind(
          "\"network/a,\"\"b\"\"/cores:1/"
          "in_flight:64\",network,bytes=64,\"a,\"\"b\"\"\",1,64,ok,,,2,single,,,,,100,100,100,"
          "0.01,0.01,0.01,,,,",
          0),
      0u)
      << record;
}

TEST(tables, have_the_cpu_time_of_a_google_benchmark_file) {
  const results foreign = results_from_json(json::parse(R"({"benchmarks":[
      {"name":"BM","iterations":1000,"real_time":5,"cpu_time":4.5,"time_unit":"us"},
      {"name":"BM","iterations":1000,"real_time":6,"cpu_time":4.5,"time_unit":"us"}]})"),
                                            "foreign.json");
  EXPECT_NE(table_markdown(foreign).find("| 4.5 µs |"), std::string::npos)
      << table_markdown(foreign);
  EXPECT_NE(table_csv(foreign).find(",4.5e-06,"), std::string::npos) << table_csv(foreign);
  const std::size_t cpu = static_cast<std::size_t>(find_metric("cpu") - all_metrics().data());
  const json data = json::parse(table_json(foreign));
  EXPECT_EQ(data["metrics"][cpu]["id"], "cpu");
  EXPECT_DOUBLE_EQ(data["cells"][0]["metrics"][cpu][0].get<double>(), 4.5e-6);
}

TEST(tables, have_the_changes_since_a_baseline) {
  const auto before = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101, 102}),
                                        cell_for_test("thread_pool", 1, 64, {100, 120, 140})});
  auto after = results_for_test({cell_for_test("event_loop", 1, 64, {80, 81, 82}),
                                 cell_for_test("thread_pool", 1, 64, {101, 121, 141})});
  const std::string markdown = table_markdown(after, &before);
  EXPECT_NE(
      markdown.find("| network/event&#95;loop/cores:1/in&#95;flight:64 | throughput | regression | "
                    "0.802× ("),
      std::string::npos)
      << markdown;
  EXPECT_EQ(markdown.find("| network/thread&#95;pool/cores:1/in&#95;flight:64 | throughput |"),
            std::string::npos)
      << markdown;
  EXPECT_NE(markdown.find("regression: 2 cells compared, 1 regressed, 1 inconclusive."),
            std::string::npos)
      << markdown;
  EXPECT_EQ(table_markdown(after).find("Changes since"), std::string::npos);
  const std::string csv = table_csv(after, &before);
  const auto fields = [&csv](std::size_t line) {
    std::size_t from = 0;
    while (line-- > 0) from = csv.find("\r\n", from) + 2;
    return count_of(csv.substr(from, csv.find("\r\n", from) - from), ",");
  };
  EXPECT_EQ(fields(0), fields(1));
  EXPECT_NE(csv.find(",throughput_ratio,throughput_ratio_lower,throughput_ratio_upper,"
                     "throughput_verdict,"),
            std::string::npos);
  EXPECT_EQ(json::parse(table_json(after, &before))["baseline"]["changes"][0]["verdict"],
            "regression");
  after.environment["kernel"] = "6.1";
  const std::string differing = table_markdown(after, &before);
  EXPECT_NE(differing.find("The environments differ in kernel: not recorded before, 6.1 now."),
            std::string::npos)
      << differing;
  EXPECT_EQ(differing.find("| regression |"), std::string::npos) << differing;
}

TEST(tables, json_has_the_contests) {
  const json data = json::parse(table_json(three_contests_for_test()));
  ASSERT_EQ(data["contests"].size(), 3u);
  const json& c = data["contests"][0];
  EXPECT_EQ(c["workload"], "network");
  EXPECT_EQ(c["parameters"], json::parse(R"({"bytes": "64"})"));
  EXPECT_EQ(c["cores"], 1);
  EXPECT_EQ(c["in_flight"], 64);
  EXPECT_EQ(c["verdict"], "best");
  EXPECT_EQ(c["best"], json::parse(R"(["event_loop"])"));
  EXPECT_EQ(c["equivalent"], json::array());
  EXPECT_EQ(c["blocks"], 8);
  EXPECT_TRUE(c["blocks_wanted"].is_null());
  EXPECT_NEAR(c["of_reference"]["ratio"].get<double>(), 0.91, 0.01);
  const json& slower = c["ratios"][1];
  EXPECT_EQ(slower["model"], "thread_pool");
  EXPECT_EQ(slower["class"], "slower");
  EXPECT_LT(slower["lower"].get<double>(), slower["ratio"].get<double>());
  EXPECT_LT(slower["ratio"].get<double>(), slower["upper"].get<double>());
  EXPECT_EQ(slower["memory_bytes"], 7'000'000);
  EXPECT_GT(slower["cpu_s"].get<double>(), 0);
  EXPECT_EQ(data["contests"][1]["verdict"], "capped");
  EXPECT_EQ(data["contests"][1]["why"], "ceiling");
  EXPECT_EQ(data["contests"][1]["ratios"][0]["cheapest"], true);
  EXPECT_TRUE(data["contests"][1]["ratios"][0]["class"].is_null());
  EXPECT_EQ(data["contests"][2]["verdict"], "single");
  EXPECT_EQ(data["contests"][2]["failed"], json::parse(R"(["fibers"])"));
  EXPECT_EQ(data["answers"][0]["contest"], 0);
}

TEST(tables, markdown_has_a_row_per_contest) {
  const std::string markdown = table_markdown(three_contests_for_test());
  EXPECT_NE(markdown.find("2 questions, 2 decided."), std::string::npos);
  EXPECT_NE(markdown.find("| sleep 64 B | 1 core, 64 in flight | capped at 6.4 k/s |"),
            std::string::npos)
      << markdown;
}

}  // namespace
}  // namespace crossover
