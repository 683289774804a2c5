#include "reports/page_data.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "bench/results/metrics.hpp"
#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

TEST(page_data, has_mean_and_interval_of_the_samples) {
  const ordered_json data =
      page_data(results_for_test({cell_for_test("event_loop", 2, 64, {100, 110, 120})}), nullptr);
  const ordered_json& figure = data["cells"][0]["metrics"][0];
  EXPECT_EQ(data["metrics"][0]["id"], "throughput");
  EXPECT_DOUBLE_EQ(figure[0].get<double>(), 110);
  EXPECT_NEAR(figure[1].get<double>(), 110 - 4.302653 * 10 / std::sqrt(3.0), 0.005);
  EXPECT_NEAR(figure[2].get<double>(), 110 + 4.302653 * 10 / std::sqrt(3.0), 0.005);
  EXPECT_EQ(figure[3], 3);
  EXPECT_EQ(figure.size(), 7u);
}

TEST(page_data, has_null_interval_for_one_repetition_and_null_for_unmeasured) {
  const ordered_json data =
      page_data(results_for_test({cell_for_test("event_loop", 2, 64, {100})}), nullptr);
  const ordered_json& metrics = data["cells"][0]["metrics"];
  EXPECT_TRUE(metrics[0][1].is_null());
  EXPECT_TRUE(metrics[0][2].is_null());
  for (std::size_t i = 0; i < metrics.size(); ++i)
    if (data["metrics"][i]["id"] == "p50") {
      EXPECT_TRUE(metrics[i].is_null());
    }
}

TEST(page_data, has_no_interval_for_two_blocks) {
  const ordered_json data =
      page_data(results_for_test({cell_for_test("event_loop", 2, 64, {100, 110})}), nullptr);
  EXPECT_EQ(data["cells"][0]["metrics"][0], ordered_json::parse("[105, null, null, 2, 100, 110]"));
}

TEST(page_data, marks_findings_that_every_model_of_a_contest_has) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101}),
                                 cell_for_test("thread_pool", 1, 64, {90, 91})});
  for (cell_result& cell : value.cells) cell.findings = {{"shared_cores", "of 2"}};
  value.cells[1].findings.push_back({"steal", "4 %"});
  const ordered_json data = page_data(value, nullptr);
  EXPECT_EQ(data["cells"][0]["findings"][0]["shared"], true);
  EXPECT_FALSE(data["cells"][1]["findings"][1].contains("shared"));
}

TEST(page_data, omits_figures_that_are_not_finite) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 1, {100, 101})});
  value.cells[0].samples[0].wall_s = std::numeric_limits<double>::quiet_NaN();
  value.cells[0].samples[1].wall_s = 0;
  value.cells[0].ceiling = std::numeric_limits<double>::infinity();
  const ordered_json data = page_data(value, nullptr);
  EXPECT_TRUE(data["cells"][0]["metrics"][0].is_null());
  EXPECT_TRUE(data["cells"][0]["ceiling"].is_null());
}

TEST(page_data, has_changes_and_environment_differences_of_a_baseline) {
  auto before = results_for_test(
      {cell_for_test("event_loop", 1, 64, {100, 101, 102}), cell_for_test("gone", 1, 64, {1, 2})});
  auto after = results_for_test(
      {cell_for_test("event_loop", 1, 64, {80, 81, 82}), cell_for_test("fresh", 1, 64, {1, 2})});
  const ordered_json same_machine = page_data(after, &before)["baseline"];
  EXPECT_EQ(same_machine["changes"][0]["verdict"], "regression");
  EXPECT_EQ(same_machine["headline"], "regression: 1 cell compared, 1 regressed, 1 removed");
  before.environment["kernel"] = "6.0";
  after.environment["kernel"] = "6.1";
  const ordered_json baseline = page_data(after, &before)["baseline"];
  EXPECT_EQ(baseline["environment_differences"],
            ordered_json::parse(R"([["kernel", "6.0", "6.1"]])"));
  EXPECT_EQ(baseline["changes"][0]["metric"], "throughput");
  EXPECT_EQ(baseline["changes"][0]["verdict"], "inconclusive");
  EXPECT_NEAR(baseline["changes"][0]["ratio"][0].get<double>(), 0.802, 0.001);
  EXPECT_LT(baseline["changes"][0]["ratio"][1].get<double>(), 0.802);
  EXPECT_GT(baseline["changes"][0]["ratio"][2].get<double>(), 0.802);
}

TEST(page_data, counters_of_a_google_benchmark_file_are_metrics) {
  const results foreign = results_from_json(nlohmann::json::parse(R"({"benchmarks":[
      {"name":"BM_sort/8","iterations":1,"real_time":5,"cpu_time":4.5,"time_unit":"us",
       "bytes_per_second":2e9,"misses":3},
      {"name":"BM_sort/64","iterations":1,"real_time":50,"cpu_time":45,"time_unit":"us",
       "bytes_per_second":1e9,"misses":4,"zeros":0}]})"),
                                            "foreign.json");
  const ordered_json data = page_data(foreign, nullptr);
  const std::size_t first = all_metrics().size();
  EXPECT_EQ(data["metrics"].back()["id"], "counter zeros");
  EXPECT_EQ(data["metrics"][first]["unit"], "bytes/s");
  EXPECT_EQ(data["cells"][0]["metrics"][first][0], 2'000'000'000);
}

}  // namespace
}  // namespace crossover
