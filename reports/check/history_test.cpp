#include "reports/check/history.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/results/document_for_test.hpp"
#include "reports/check/formats/check_page_data.hpp"
#include "reports/check/formats/formats.hpp"
#include "reports/check/sample_results.hpp"
#include "reports/statistics/binomial.hpp"
#include "reports/statistics/simulated_blocks.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

results run_of(block_simulator& noise, double level, int cells, int number) {
  results run = results_of({});
  char date[32];
  std::snprintf(date, sizeof date, "2026-01-%02dT10:00:00Z", number + 1);
  run.date = date;
  for (int c = 0; c < cells; ++c) {
    std::vector<double> seconds;
    const double state = noise.log_ratios(1, level)[0];
    for (int i = 0; i < 3; ++i) seconds.push_back(1e-6 * std::exp(state));
    run.cells.push_back(cell_of("cell/" + std::to_string(c), seconds));
  }
  return run;
}

std::vector<history_entry> history_of(block_simulator& noise, int runs, int cells) {
  std::vector<history_entry> history;
  for (int r = 0; r < runs; ++r)
    history.push_back({"c" + std::to_string(r), run_of(noise, 0, cells, r)});
  return history;
}

class history_directory : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(directory); }
  void TearDown() override { std::filesystem::remove_all(directory); }
  void keep(const std::string& commit, const results& run) {
    add_to_history(directory, commit, run, document_text(run));
  }
  std::filesystem::path directory =
      std::filesystem::path(testing::TempDir()) / "crossover-history-test";
};

TEST_F(history_directory, keeps_runs_by_machine_and_date) {
  block_simulator noise(noise_kind::normal, 0.01, 91);
  results first = run_of(noise, 0, 2, 0), second = run_of(noise, 0, 2, 1),
          elsewhere = run_of(noise, 0, 2, 2);
  elsewhere.environment["cpu_model"] = "another CPU";
  ASSERT_NE(machine_fingerprint(first), machine_fingerprint(elsewhere));
  keep("bbb", second);
  keep("aaa-1", first);
  keep("ccc", elsewhere);
  keep("bbb", second);
  const std::vector<history_entry> read = read_history(directory, machine_fingerprint(first));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].commit, "aaa-1");
  EXPECT_EQ(read[1].commit, "bbb");
  EXPECT_EQ(read[1].measured.cells.size(), 2u);
  EXPECT_TRUE(read_history(directory, "nothing").empty());
  std::ofstream(directory / machine_fingerprint(first) / "20260105-x.json") << "{";
  EXPECT_THROW(read_history(directory, machine_fingerprint(first)), error);
  for (const char* wrong : {"", "../x", "a b", ".hidden", "a/b"})
    EXPECT_THROW(keep(wrong, first), error) << wrong;
}

TEST(machine_fingerprint, ignores_kernel_and_exact_memory) {
  results a = results_of({}), b = results_of({});
  a.environment["memory"] = "8000000 kB";
  b.environment = a.environment;
  b.environment["memory"] = "8010000 kB";
  b.environment["kernel"] = "7.0";
  EXPECT_EQ(machine_fingerprint(a), machine_fingerprint(b));
  EXPECT_EQ(machine_fingerprint(a).size(), 12u);
  b.environment["cpus"] = "64";
  EXPECT_NE(machine_fingerprint(a), machine_fingerprint(b));
}

TEST(compare_with_history, judges_by_the_scatter_from_run_to_run) {
  block_simulator noise(noise_kind::normal, 0.004, 92);
  const auto history = history_of(noise, 12, 2);
  results now = run_of(noise, 0, 2, 20);
  for (sample& s : now.cells[1].samples) s.wall_s *= 1.08;
  const check_result result = compare_with_history(history, now, {});
  ASSERT_EQ(result.cells.size(), 2u);
  EXPECT_EQ(result.cells[0].outcome, verdict::pass) << result.cells[0].remedy;
  EXPECT_EQ(result.cells[1].outcome, verdict::regression);
  EXPECT_EQ(result.cells[1].blocks, 10u);
  EXPECT_EQ(result.cells[1].decided, decided_by::history);
  EXPECT_NE(result.baseline_name.find("last 10 runs (c2 to c11)"), std::string::npos)
      << result.baseline_name;
}

TEST(compare_with_history, too_few_runs_report_the_minimum) {
  block_simulator noise(noise_kind::normal, 0.004, 93);
  const check_result result =
      compare_with_history(history_of(noise, 2, 1), run_of(noise, 0, 1, 20), {});
  EXPECT_EQ(exit_code_of(result), 2);
  EXPECT_EQ(result.cells[0].remedy,
            "2 runs in the window: at least 4 are needed to estimate the scatter from run to run");
  EXPECT_THROW(compare_with_history({}, run_of(noise, 0, 1, 20), {}), error);
}

TEST(compare_with_history, counts_only_the_runs_since_a_marked_change) {
  block_simulator noise(noise_kind::normal, 0.004, 94);
  auto history = history_of(noise, 24, 1);
  for (int r = 18; r < 24; ++r)
    for (sample& s : history[static_cast<std::size_t>(r)].measured.cells[0].samples)
      s.wall_s *= 1.2;
  const check_result result =
      compare_with_history(history, run_of(noise, std::log(1.2), 1, 25), {});
  EXPECT_EQ(result.cells[0].blocks, 6u);
  EXPECT_EQ(result.cells[0].outcome, verdict::pass) << as_change(result.cells[0].ratio);
  ASSERT_FALSE(result.cells[0].notes.empty());
  EXPECT_NE(result.cells[0].notes[0].find("since its change at c18"), std::string::npos);
}

TEST(compare_with_history, reports_removed_cells_and_differing_environments) {
  block_simulator noise(noise_kind::normal, 0.004, 95);
  const auto history = history_of(noise, 10, 2);
  results now = run_of(noise, 0, 1, 20);
  EXPECT_EQ(compare_with_history(history, now, {}).removed.size(), 1u);
  now.environment["kernel"] = "7.0";
  EXPECT_EQ(exit_code_of(compare_with_history(history, now, {})), 2);
}

TEST(compare_with_history, bounds_false_alarms_in_simulated_histories) {
  block_simulator noise(noise_kind::normal, 0.01, 96);
  unsigned alarms = 0;
  for (int suite = 0; suite < 400; ++suite) {
    history_options options;
    options.files.rates.tolerate = 0;
    options.changes.min_runs = 10;  // no change is marked; only the window is tested
    alarms += exit_code_of(compare_with_history(history_of(noise, 10, 10), run_of(noise, 0, 10, 20),
                                                options)) == 1;
  }
  EXPECT_LE(clopper_pearson(alarms, 400, 0.999).lower, 0.01) << alarms;
}

TEST(timelines, include_only_runs_that_measured_the_cell) {
  block_simulator noise(noise_kind::normal, 0.002, 97);
  auto history = history_of(noise, 20, 2);
  history[3].measured.cells.erase(history[3].measured.cells.begin());
  for (int r = 10; r < 20; ++r)
    for (sample& s : history[static_cast<std::size_t>(r)].measured.cells[1].samples)
      s.wall_s *= 0.9;
  const std::vector<timeline> lines = timelines(history, "throughput");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].cell, "cell/0");
  EXPECT_EQ(lines[0].runs.size(), 19u);
  EXPECT_TRUE(lines[0].changes.empty());
  EXPECT_NEAR(lines[0].runs[0].value, 1e6, 2e4);
  ASSERT_EQ(lines[1].changes.size(), 1u);
  EXPECT_EQ(lines[1].changes[0].index, 10u);
  EXPECT_NEAR(lines[1].changes[0].shift, std::log(0.9), 0.01)
      << "less throughput would be worse; this is more, so it is negative";

  const check_result result = compare_with_history(history, history.back().measured, {});
  const auto lines_json = nlohmann::json::parse(as_json(result))["crossover_check"]["timelines"];
  ASSERT_EQ(lines_json.size(), 2u);
  EXPECT_EQ(lines_json[1]["changes"][0]["run"], 10);
  EXPECT_EQ(lines_json[0]["runs"].size(), 20u);
  EXPECT_EQ(lines_json[0]["runs"][19]["commit"], "this run");

  const auto page = check_page_data(result);
  const auto& changed = page["timelines"][0];
  EXPECT_EQ(changed["cell"], lines[1].cell) << "those with a marked change come first";
  EXPECT_EQ(changed["changes"][0][0], 10);
  EXPECT_LT(changed["changes"][0][1], 1) << "better";
  EXPECT_EQ(page["runs"][changed["runs"][10].get<std::size_t>()][0], "c10");
  ASSERT_EQ(changed["levels"].size(), 2u);
  EXPECT_EQ(changed["levels"][1][0], 10);
  EXPECT_EQ(changed["levels"][1][1], 20);
}

TEST(timelines, a_long_history_is_cut_to_its_latest_runs) {
  check_result result;
  for (int cell = 0; cell < 300; ++cell) {
    timeline line{"cell/" + std::to_string(cell), {}, {{50, 0.1, 0.001, 0.01}, {950, 0.1, 0, 0}}};
    for (int run = 0; run < 1000; ++run)
      line.runs.push_back({"c" + std::to_string(run), "2026-01-01", 1e-6 * (1 + run / 100)});
    result.timelines.push_back(std::move(line));
  }
  const auto data = check_page_data(result);
  EXPECT_EQ(data["timeline_count"], 300);
  EXPECT_EQ(data["timelines"].size(), 200u);
  const auto& first = data["timelines"][0];
  EXPECT_EQ(first["left_out"], 900);
  EXPECT_EQ(first["values"].size(), 100u);
  EXPECT_EQ(data["runs"][first["runs"][99].get<std::size_t>()][0], "c999");
  EXPECT_EQ(first["changes"], nlohmann::ordered_json::parse("[[50,1.10517]]"));
  EXPECT_EQ(first["levels"][0][0], 0) << "the level begins before the first run shown";
}

}  // namespace
}  // namespace crossover
