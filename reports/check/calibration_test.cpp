#include "reports/check/calibration.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "reports/statistics/simulated_blocks.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Blocks of a cell, of six groups of slices; the machine gets slower by `drift` per block.
std::vector<recorded_block> example_blocks(block_simulator& noise, unsigned count, double shift,
                                           double drift) {
  std::vector<recorded_block> blocks;
  for (unsigned i = 0; i < count; ++i) {
    const double ratio = std::exp(shift + noise.log_ratios(1, 0)[0]);
    std::vector<slice> slices;
    for (int group = 0; group < 6; ++group) {
      const double level = 1e-6 * std::exp(drift * i + 0.002 * noise.normal());
      for (const side which : {side::baseline, side::candidate, side::candidate, side::baseline})
        slices.push_back({which, which == side::candidate ? level * ratio : level});
    }
    blocks.push_back(recorded(std::move(slices)));
  }
  return blocks;
}

recorded_cell example_cell(block_simulator& noise, const std::string& name, verdict outcome,
                           double shift = 0, double drift = 0) {
  return {name,
          outcome,
          false,
          std::nullopt,
          0.2,
          example_blocks(noise, 6, shift, drift),
          example_blocks(noise, outcome == verdict::regression ? 12 : 0, shift, drift)};
}

/// A suite of three cells with these verdicts; `slower` is the index of the slowed cell (-1: none).
recorded_suite example_suite(block_simulator& noise, const std::vector<verdict>& outcomes,
                             int slower = -1, double drift = 0) {
  recorded_suite suite;
  suite.date = "2026-01-02T03:04:05+00:00";
  suite.machine = "a machine, 2 CPUs";
  suite.program = "abcdef";
  suite.wall_s = 20;
  for (int c = 0; c < 3; ++c)
    suite.cells.push_back(example_cell(noise, "cell/" + std::to_string(c),
                                       outcomes[static_cast<std::size_t>(c)],
                                       c == slower ? std::log(1.05) : 0, drift));
  if (slower >= 0) {
    suite.slower_cell = "cell/" + std::to_string(slower);
    suite.slower = 5;
  }
  return suite;
}

constexpr verdict pass = verdict::pass, regression = verdict::regression,
                  unsure = verdict::inconclusive;

class recordings_directory : public testing::Test {
 protected:
  // CTest runs each test in its own process, several at a time.
  void TearDown() override { std::filesystem::remove_all(directory); }
  std::filesystem::path directory = std::filesystem::path(testing::TempDir()) /
                                    ("crossover-recordings-test." + std::to_string(::getpid()));
  block_simulator noise{noise_kind::normal, 0.01, 5};
};

TEST_F(recordings_directory, reads_back_appended_suites) {
  EXPECT_TRUE(read_recordings(directory).empty());
  recorded_suite first = example_suite(noise, {pass, regression, unsure}, 1),
                 second = example_suite(noise, {pass, pass, pass});
  first.seed = 12345678901234567890u;
  first.cells[1].adjusted_p = 0.0025;
  first.cells[1].confirm[11].record.failed_operations.candidate = 0.25;
  first.cells[0].is_improved = true;
  first.links = 16;
  first.failures = {"cell/9: died \"here\"\n"};
  append_recording(directory, first);
  append_recording(directory, second);
  const std::vector<recorded_suite> suites = read_recordings(directory);
  ASSERT_EQ(suites.size(), 2u);
  EXPECT_EQ(suites[0].seed, first.seed);
  EXPECT_EQ(suites[0].links, 16u);
  EXPECT_EQ(suites[0].slower_cell, "cell/1");
  EXPECT_EQ(suites[0].failures, first.failures);
  ASSERT_EQ(suites[0].cells.size(), 3u);
  EXPECT_EQ(suites[0].cells[1].outcome, regression);
  EXPECT_EQ(suites[0].cells[1].adjusted_p, 0.0025);
  EXPECT_TRUE(suites[0].cells[0].is_improved);
  ASSERT_EQ(suites[0].cells[1].confirm.size(), 12u);
  const recorded_block &read = suites[0].cells[1].confirm[11],
                       &written = first.cells[1].confirm[11];
  EXPECT_NEAR(read.record.location, written.record.location, 1e-6);
  EXPECT_EQ(read.record.failed_operations.candidate, 0.25);
  ASSERT_EQ(read.slices.size(), 24u);
  EXPECT_EQ(read.slices[1].which, side::candidate);
  EXPECT_NEAR(read.slices[1].figure / written.slices[1].figure, 1, 1e-6);
  EXPECT_FALSE(suites[1].cells[0].adjusted_p);
  EXPECT_EQ(suites[1].slower_cell, "");
}

TEST_F(recordings_directory, skips_only_a_truncated_line) {
  append_recording(directory, example_suite(noise, {pass, pass, pass}));
  const std::string half = to_line(example_suite(noise, {pass, pass, pass})).substr(0, 200);
  std::ofstream(directory / "suites.jsonl", std::ios::app) << half;
  EXPECT_EQ(read_recordings(directory).size(), 1u);
  append_recording(directory, example_suite(noise, {pass, pass, unsure}));
  const std::vector<recorded_suite> suites = read_recordings(directory);
  ASSERT_EQ(suites.size(), 2u);
  EXPECT_EQ(suites[1].cells[2].outcome, unsure);
}

TEST_F(recordings_directory, malformed_suite_error_names_file_and_line) {
  append_recording(directory, example_suite(noise, {pass, pass, pass}));
  std::ofstream(directory / "suites.jsonl", std::ios::app) << "{\"bank\": 2}\n";
  try {
    read_recordings(directory);
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::unreadable);
    EXPECT_NE(std::string(e.what()).find("suites.jsonl, line 2: not a recorded suite"),
              std::string::npos)
        << e.what();
  }
  EXPECT_THROW(suite_from_line("{"), error);
  try {
    suite_from_line("{\"bank\":2,\"date\":" + std::string(20'000, '[') + std::string(20'000, ']') +
                    "}");
    ADD_FAILURE() << "read";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "not JSON, or nested deeper than 64 levels");
  }
  EXPECT_THROW(calibrate({}), error);
}

TEST(calibrate, counts_outcomes_of_recorded_suites) {
  block_simulator noise(noise_kind::normal, 0.01, 6);
  std::vector<recorded_suite> suites = {
      example_suite(noise, {pass, pass, pass}),
      example_suite(noise, {pass, regression, pass}),
      example_suite(noise, {unsure, pass, pass}),
      example_suite(noise, {regression, pass, pass}, 0),
      example_suite(noise, {pass, pass, pass}, 0),
      example_suite(noise, {pass, unsure, regression}, 1),
  };
  suites[0].wall_s = 26;
  suites[2].cells[1].is_improved = true;
  suites[4].failures = {"cell/7: died"};
  recorded_suite elsewhere = example_suite(noise, {regression, regression, regression});
  elsewhere.machine = "another";
  suites.insert(suites.begin(), elsewhere);
  const calibration result = calibrate(suites, {.suites = 0});
  const auto expect = [](const proportion& what, unsigned times, unsigned of) {
    EXPECT_EQ(what.times, times);
    EXPECT_EQ(what.of, of);
  };
  EXPECT_EQ(result.left_out, 1u);
  expect(result.false_alarm, 1, 3);
  expect(result.false_improvement, 1, 3);
  expect(result.passed, 1, 3);
  expect(result.found, 1, 3);
  expect(result.missed, 1, 3);
  expect(result.false_alarm_elsewhere, 1, 3);
  EXPECT_NEAR(result.mean_wall_s, 22, 1e-9);
  EXPECT_EQ(result.longest_wall_s, 26);
  EXPECT_NEAR(result.mean_blocks, (18 + 30 + 18) / 3.0, 1e-9);
  ASSERT_EQ(result.cells.size(), 3u);
  EXPECT_EQ(result.cells[0].slower_blocks, 12u + 12u);
  EXPECT_NEAR(*result.cells[0].slower_mean, std::log(1.05), 0.01);
  EXPECT_NEAR(result.cells[0].mean, 0, 0.01);
  EXPECT_NEAR(result.cells[0].sd, 0.01, 0.004);
  expect(result.cells[0].found, 1, 2);
  EXPECT_FALSE(result.cells[2].slower_mean);
  EXPECT_EQ(result.failures.size(), 1u);
  EXPECT_TRUE(result.bootstrap.empty());
}

TEST(calibrate, counts_invisible_slowdowns_separately) {
  block_simulator noise(noise_kind::normal, 0.01, 6);
  recorded_suite hidden = example_suite(noise, {pass, pass, pass});
  hidden.slower_cell = "cell/2";
  hidden.slower = 5;
  const calibration result =
      calibrate({example_suite(noise, {regression, pass, pass}, 0), hidden}, {.suites = 0});
  EXPECT_EQ(result.found.of, 2u);
  EXPECT_EQ(result.found.times, 1u);
  EXPECT_EQ(result.found_if_injection_visible.of, 1u);
  EXPECT_EQ(result.found_if_injection_visible.times, 1u);
  EXPECT_NE(calibration_page(result, "").find("1 of 1: 100.00 %"), std::string::npos);
}

TEST(calibrate, u_test_flags_drift_as_change) {
  block_simulator noise(noise_kind::normal, 0.001, 7);
  std::vector<recorded_suite> steady, drifting;
  for (int i = 0; i < 20; ++i) {
    steady.push_back(example_suite(noise, {pass, pass, pass}));
    drifting.push_back(example_suite(noise, {pass, pass, pass}, -1, 0.003));
  }
  steady.push_back(example_suite(noise, {regression, pass, pass}, 0));
  const calibration quiet = calibrate(steady, {.suites = 0}),
                    moving = calibrate(drifting, {.suites = 0});
  EXPECT_EQ(quiet.rank_flagged_cell.of, 20 * 3 + 2u);
  EXPECT_LE(quiet.rank_flagged_cell.times, 12u);
  EXPECT_EQ(quiet.rank_found.times, 1u);
  EXPECT_GE(moving.rank_flagged_cell.times, 55u);
  EXPECT_EQ(moving.rank_flagged_suite.times, 20u);
}

TEST(calibrate, u_test_needs_nine_figures_per_side) {
  block_simulator noise(noise_kind::normal, 0.001, 7);
  recorded_suite whole_processes = example_suite(noise, {pass, pass, pass});
  for (recorded_cell& cell : whole_processes.cells)
    for (recorded_block& block : cell.screen)
      block = recorded({block.slices.begin(), block.slices.begin() + 4});
  const calibration result = calibrate({whole_processes}, {.suites = 0});
  EXPECT_EQ(result.rank_flagged_cell.of, 0u) << "three figures per side can never be flagged";
  EXPECT_EQ(result.rank_flagged_suite.of, 0u);
  EXPECT_EQ(calibration_page(result, "").find("U-test"), std::string::npos);
}

TEST(calibrate, bootstrap_runs_the_same_gate) {
  block_simulator noise(noise_kind::normal, 0.01, 8);
  std::vector<recorded_suite> suites;
  for (int i = 0; i < 12; ++i)
    suites.push_back(example_suite(
        noise, i % 2 == 0 ? std::vector{pass, pass, pass} : std::vector{regression, pass, pass},
        i % 2 == 0 ? -1 : 0));
  const calibration result = calibrate(suites, {.suites = 200, .seed = 3});
  std::map<std::string, bootstrap_result> by_name;
  for (const bootstrap_result& simulated : result.bootstrap) {
    by_name[simulated.scenario] = simulated;
    EXPECT_EQ(simulated.false_alarm.of, 200u);
    EXPECT_LE(simulated.false_alarm.times, 9u) << simulated.scenario;
    EXPECT_GE(simulated.blocks, 18) << simulated.scenario;
  }
  EXPECT_EQ(by_name.size(), 9u) << "no cell has several cores or slices of 1 ms";
  EXPECT_GE(by_name["identical"].passed.times, 190u);
  EXPECT_EQ(by_name["identical"].found.of, 0u);
  const auto found = [&](const char* scenario) { return by_name.at(scenario).found.times; };
  EXPECT_LE(found("one cell slower by 1 %"), 9u) << "1 % is tolerated";
  EXPECT_LT(found("one cell slower by 2 %"), found("one cell slower by 3 %"));
  for (const char* name : {"one cell slower by 5 %", "one cell slower by 10 %",
                           "one cell slowed down: blocks measured with the slowdown",
                           "1 % of the operations of one cell fail"}) {
    EXPECT_GE(found(name), 190u) << name;
    EXPECT_LE(by_name.at(name).missed.times, 4u) << name;
  }
  EXPECT_EQ(calibrate(suites, {.suites = 50, .seed = 3}).bootstrap[3].found.times,
            calibrate(suites, {.suites = 50, .seed = 3}).bootstrap[3].found.times);
}

TEST(calibrate, bootstrap_adds_stalls_to_slices_and_slows_cells_on_several_cores) {
  block_simulator noise(noise_kind::normal, 0.01, 8);
  std::vector<recorded_suite> suites(8, example_suite(noise, {pass, pass, pass}));
  for (recorded_suite& suite : suites) {
    suite.cells[2].name = "cell/cores:2/in_flight:16";
    for (recorded_block& block : suite.cells[0].screen) {
      std::vector<slice> slices;
      for (int group = 0; group < 20; ++group)
        slices.insert(slices.end(), block.slices.begin(), block.slices.begin() + 4);
      block = recorded(std::move(slices));
    }
  }
  std::map<std::string, bootstrap_result> by_name;
  for (const bootstrap_result& simulated : calibrate(suites, {.suites = 40}).bootstrap)
    by_name[simulated.scenario] = simulated;
  EXPECT_GE(by_name.at("one cell on several cores slower by 5 %").found.times, 38u);
  EXPECT_GE(by_name.at("one cell stalls for 10 ms after every 50 ms (cells with slices of 1 ms)")
                .found.times,
            36u);
}

TEST(calibration_page, shows_figures_with_intervals) {
  block_simulator noise(noise_kind::normal, 0.01, 9);
  std::vector<recorded_suite> suites = {example_suite(noise, {pass, pass, pass}),
                                        example_suite(noise, {pass, regression, pass}),
                                        example_suite(noise, {regression, pass, pass}, 0)};
  suites[1].failures = {"cell/7: died"};
  suites[2].cells[2].name = suites[1].cells[2].name = suites[0].cells[2].name = "a|b";
  const std::string page =
      calibration_page(calibrate(suites, {.suites = 20}), "tools/calibrate --minutes 60");
  for (const char* text :
       {"Generated by `tools/calibrate --minutes 60`; do not edit.\nSuites of 3 cells",
        "Machine: a machine, 2 CPUs",
        "| false alarm in a suite of identical builds | 1 of 2: 50.00 % (1.26 to 98.74) |",
        "| cell slowed down by 5 % is called a regression | 1 of 1: 100.00 % (2.50 to 100.00) |",
        "## Bootstrap", "Simulated, not measured", "| identical | ", "U-test", "1 of 1 |",
        "cell/7: died"})
    EXPECT_NE(page.find(text), std::string::npos) << text << "\n" << page;
  EXPECT_EQ(page.find("a|b"), std::string::npos) << "names are escaped";
  EXPECT_EQ(page.find("95 % confidence"), std::string::npos) << "one alarm bounds nothing";
  EXPECT_NE(page.find("In some suites one cell of the candidate does 5 % more work."),
            std::string::npos);
  suites.erase(suites.begin() + 1);
  EXPECT_NE(
      calibration_page(calibrate(suites, {.suites = 0}), "x")
          .find("the rate of false alarms on this machine is below 95.0 %:\n1 suite had none."),
      std::string::npos);
  suites.pop_back();
  EXPECT_EQ(calibration_page(calibrate(suites, {.suites = 0}), "x").find("more work"),
            std::string::npos)
      << "no cell was slowed down";
}

TEST(calibrate, counts_cells_on_several_cores_and_keeps_links_apart) {
  block_simulator noise(noise_kind::normal, 0.01, 6);
  std::vector<recorded_suite> suites = {example_suite(noise, {pass, pass, regression}),
                                        example_suite(noise, {regression, pass, pass}),
                                        example_suite(noise, {pass, pass, regression}, 2)};
  for (recorded_suite& suite : suites) {
    suite.links = 16;
    suite.cells[0].name = "cell/cores:1/in_flight:16";
    suite.cells[2].name = "cell/cores:2/in_flight:16";
    if (!suite.slower_cell.empty()) suite.slower_cell = suite.cells[2].name;
  }
  suites.insert(suites.begin(), suites.front());
  suites.front().links = 1;
  const calibration result = calibrate(suites, {.suites = 50});
  EXPECT_EQ(result.left_out, 1u);
  EXPECT_EQ(result.false_alarm.times, 2u);
  EXPECT_EQ(result.false_alarm_on_cores.times, 1u);
  EXPECT_EQ(result.false_alarm_on_cores.of, 2u);
  EXPECT_EQ(result.found_on_cores.times, 1u);
  EXPECT_TRUE(result.bootstrap.empty());
  EXPECT_NE(calibration_page(result, "x").find("each side 16 other links of it"),
            std::string::npos);
}

}  // namespace
}  // namespace crossover
