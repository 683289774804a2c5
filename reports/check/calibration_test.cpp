#include "reports/check/calibration.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "reports/statistics/simulated_blocks.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Blocks of a cell: the log ratio and six groups of figures that drift by `drift` per block.
std::vector<banked_block> recorded_blocks(block_simulator& noise, unsigned count, double shift,
                                          double drift) {
  std::vector<banked_block> blocks;
  for (unsigned i = 0; i < count; ++i) {
    banked_block one;
    one.log_ratio = shift + noise.log_ratios(1, 0)[0];
    for (int group = 0; group < 6; ++group) {
      const double level = 1e-6 * std::exp(drift * i + 0.002 * noise.normal());
      one.old_figures.push_back(level);
      one.new_figures.push_back(level * std::exp(shift));
    }
    blocks.push_back(std::move(one));
  }
  return blocks;
}

banked_cell recorded_cell(block_simulator& noise, const std::string& name, verdict outcome,
                          double shift = 0, double drift = 0) {
  return {name,
          outcome,
          std::nullopt,
          0.2,
          recorded_blocks(noise, 6, shift, drift),
          recorded_blocks(noise, outcome == verdict::regression ? 12 : 0, shift, drift)};
}

/// A suite of three cells with these verdicts; `slower` is the index of the slowed cell (-1: none).
banked_suite recorded_suite(block_simulator& noise, const std::vector<verdict>& outcomes,
                            int slower = -1, double drift = 0) {
  banked_suite suite;
  suite.date = "2026-01-02T03:04:05+00:00";
  suite.machine = "a machine, 2 CPUs";
  suite.program = "abcdef";
  suite.wall_s = 20;
  for (int c = 0; c < 3; ++c)
    suite.cells.push_back(recorded_cell(noise, "cell/" + std::to_string(c),
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

class bank_directory : public testing::Test {
 protected:
  // CTest runs each test in its own process, several at a time.
  void TearDown() override { std::filesystem::remove_all(directory); }
  std::filesystem::path directory = std::filesystem::path(testing::TempDir()) /
                                    ("crossover-bank-test." + std::to_string(::getpid()));
  block_simulator noise{noise_kind::normal, 0.01, 5};
};

TEST_F(bank_directory, gives_back_what_was_put_in) {
  EXPECT_TRUE(read_bank(directory).empty());
  banked_suite first = recorded_suite(noise, {pass, regression, unsure}, 1),
               second = recorded_suite(noise, {pass, pass, pass});
  first.seed = 12345678901234567890u;
  first.cells[1].adjusted_p = 0.0025;
  first.troubles = {"cell/9: died \"here\"\n"};
  append_to_bank(directory, first);
  append_to_bank(directory, second);
  const std::vector<banked_suite> bank = read_bank(directory);
  ASSERT_EQ(bank.size(), 2u);
  EXPECT_EQ(bank[0].seed, first.seed);
  EXPECT_EQ(bank[0].slower_cell, "cell/1");
  EXPECT_EQ(bank[0].troubles, first.troubles);
  ASSERT_EQ(bank[0].cells.size(), 3u);
  EXPECT_EQ(bank[0].cells[1].outcome, regression);
  EXPECT_EQ(bank[0].cells[1].adjusted_p, 0.0025);
  ASSERT_EQ(bank[0].cells[1].confirm.size(), 12u);
  EXPECT_NEAR(bank[0].cells[1].confirm[11].log_ratio, first.cells[1].confirm[11].log_ratio, 1e-9);
  EXPECT_NEAR(bank[0].cells[1].screen[0].old_figures[2] / first.cells[1].screen[0].old_figures[2],
              1, 1e-6);
  EXPECT_FALSE(bank[1].cells[0].adjusted_p);
  EXPECT_EQ(bank[1].slower_cell, "");
}

TEST_F(bank_directory, a_line_that_a_crash_cut_off_is_lost_alone) {
  append_to_bank(directory, recorded_suite(noise, {pass, pass, pass}));
  const std::string half = to_line(recorded_suite(noise, {pass, pass, pass})).substr(0, 200);
  std::ofstream(directory / "suites.jsonl", std::ios::app) << half;
  EXPECT_EQ(read_bank(directory).size(), 1u);
  append_to_bank(directory, recorded_suite(noise, {pass, pass, unsure}));
  const std::vector<banked_suite> bank = read_bank(directory);
  ASSERT_EQ(bank.size(), 2u);
  EXPECT_EQ(bank[1].cells[2].outcome, unsure);
}

TEST_F(bank_directory, what_is_no_suite_is_named_with_its_line) {
  append_to_bank(directory, recorded_suite(noise, {pass, pass, pass}));
  std::ofstream(directory / "suites.jsonl", std::ios::app) << "{\"bank\": 1}\n";
  try {
    read_bank(directory);
    FAIL();
  } catch (const error& trouble) {
    EXPECT_EQ(trouble.kind(), error_kind::unreadable);
    EXPECT_NE(std::string(trouble.what()).find("suites.jsonl, line 2: not a recorded suite"),
              std::string::npos)
        << trouble.what();
  }
  EXPECT_THROW(suite_from_line("{"), error);
  EXPECT_THROW(calibrate({}), error);
}

TEST(calibrate, counts_what_the_suites_say) {
  block_simulator noise(noise_kind::normal, 0.01, 6);
  std::vector<banked_suite> bank = {
      recorded_suite(noise, {pass, pass, pass}),
      recorded_suite(noise, {pass, regression, pass}),
      recorded_suite(noise, {unsure, pass, pass}),
      recorded_suite(noise, {regression, pass, pass}, 0),
      recorded_suite(noise, {pass, pass, pass}, 0),
      recorded_suite(noise, {pass, unsure, regression}, 1),
  };
  bank[0].wall_s = 26;
  bank[4].troubles = {"cell/7: died"};
  banked_suite elsewhere = recorded_suite(noise, {regression, regression, regression});
  elsewhere.machine = "another";
  bank.insert(bank.begin(), elsewhere);
  const calibration found = calibrate(bank, {.suites = 0});
  const auto expect = [](const proportion& what, unsigned times, unsigned of) {
    EXPECT_EQ(what.times, times);
    EXPECT_EQ(what.of, of);
  };
  EXPECT_EQ(found.left_out, 1u);
  expect(found.false_alarm, 1, 3);
  expect(found.passed, 1, 3);
  expect(found.found, 1, 3);
  expect(found.slipped, 1, 3);
  expect(found.false_alarm_beside, 1, 3);
  EXPECT_NEAR(found.mean_wall_s, 22, 1e-9);
  EXPECT_EQ(found.longest_wall_s, 26);
  EXPECT_NEAR(found.mean_blocks, (18 + 30 + 18) / 3.0, 1e-9);
  ASSERT_EQ(found.cells.size(), 3u);
  EXPECT_EQ(found.cells[0].slower_blocks, 12u + 12u);
  EXPECT_NEAR(*found.cells[0].slower_mean, std::log(1.05), 0.01);
  EXPECT_NEAR(found.cells[0].mean, 0, 0.01);
  EXPECT_NEAR(found.cells[0].sd, 0.01, 0.004);
  expect(found.cells[0].found, 1, 2);
  EXPECT_FALSE(found.cells[2].slower_mean);
  EXPECT_EQ(found.troubles.size(), 1u);
  EXPECT_TRUE(found.replays.empty());
}

TEST(calibrate, a_slowdown_that_another_limit_hides_is_counted_apart) {
  block_simulator noise(noise_kind::normal, 0.01, 6);
  banked_suite hidden = recorded_suite(noise, {pass, pass, pass});
  hidden.slower_cell = "cell/2";
  hidden.slower = 5;
  const calibration found =
      calibrate({recorded_suite(noise, {regression, pass, pass}, 0), hidden}, {.suites = 0});
  EXPECT_EQ(found.found.of, 2u);
  EXPECT_EQ(found.found.times, 1u);
  EXPECT_EQ(found.found_where_seen.of, 1u);
  EXPECT_EQ(found.found_where_seen.times, 1u);
  EXPECT_NE(calibration_page(found, "").find("1 of 1: 100.00 %"), std::string::npos);
}

TEST(calibrate, the_u_test_sees_a_drift_as_a_change_and_the_pairs_do_not) {
  block_simulator noise(noise_kind::normal, 0.01, 7);
  std::vector<banked_suite> steady, drifting;
  for (int i = 0; i < 20; ++i) {
    steady.push_back(recorded_suite(noise, {pass, pass, pass}));
    drifting.push_back(recorded_suite(noise, {pass, pass, pass}, -1, 0.003));
  }
  steady.push_back(recorded_suite(noise, {regression, pass, pass}, 0));
  const calibration quiet = calibrate(steady, {.suites = 0}),
                    moving = calibrate(drifting, {.suites = 0});
  EXPECT_EQ(quiet.rank_flagged_cell.of, 20 * 3 + 2u);
  EXPECT_LE(quiet.rank_flagged_cell.times, 12u);
  EXPECT_EQ(quiet.rank_found.times, 1u);
  EXPECT_GE(moving.rank_flagged_cell.times, 55u);
  EXPECT_EQ(moving.rank_flagged_suite.times, 20u);
}

TEST(calibrate, blocks_played_again_go_through_the_same_gate) {
  block_simulator noise(noise_kind::normal, 0.01, 8);
  std::vector<banked_suite> bank;
  for (int i = 0; i < 12; ++i)
    bank.push_back(recorded_suite(
        noise, i % 2 == 0 ? std::vector{pass, pass, pass} : std::vector{regression, pass, pass},
        i % 2 == 0 ? -1 : 0));
  const calibration found = calibrate(bank, {.suites = 400, .seed = 3});
  ASSERT_EQ(found.replays.size(), 4u);
  EXPECT_EQ(found.replays[0].truth, "identical");
  for (const replayed& one : found.replays) {
    EXPECT_EQ(one.false_alarm.of, 400u);
    EXPECT_LE(one.false_alarm.times, 16u) << one.truth;
    EXPECT_GE(one.blocks, 18) << one.truth;
  }
  EXPECT_GE(found.replays[0].passed.times, 380u);
  EXPECT_EQ(found.replays[0].found.of, 0u);
  EXPECT_NE(found.replays[2].truth.find("shifted"), std::string::npos);
  for (const std::size_t i : {2u, 3u}) {
    EXPECT_GE(found.replays[i].found.times, 380u) << found.replays[i].truth;
    EXPECT_LE(found.replays[i].slipped.times, 8u);
  }
  EXPECT_EQ(calibrate(bank, {.suites = 50, .seed = 3}).replays[3].found.times,
            calibrate(bank, {.suites = 50, .seed = 3}).replays[3].found.times);
}

TEST(calibration_page, has_the_figures_with_their_intervals) {
  block_simulator noise(noise_kind::normal, 0.01, 9);
  std::vector<banked_suite> bank = {recorded_suite(noise, {pass, pass, pass}),
                                    recorded_suite(noise, {pass, regression, pass}),
                                    recorded_suite(noise, {regression, pass, pass}, 0)};
  bank[1].troubles = {"cell/7: died"};
  bank[2].cells[2].name = bank[1].cells[2].name = bank[0].cells[2].name = "a|b";
  const std::string page =
      calibration_page(calibrate(bank, {.suites = 20}), "tools/calibrate --minutes 60");
  for (const char* words :
       {"Made by `tools/calibrate --minutes 60` from suites of 3 cells",
        "Machine: a machine, 2 CPUs",
        "| false alarm in a suite of identical builds | 1 of 2: 50.00 % (1.26 to 98.74) |",
        "| cell slowed down by 5 % is called a regression | 1 of 1: 100.00 % (2.50 to 100.00) |",
        "## Bootstrap", "Simulated, not measured", "| identical | ", "U-test", "1 of 1 |",
        "cell/7: died"})
    EXPECT_NE(page.find(words), std::string::npos) << words << "\n" << page;
  EXPECT_EQ(page.find("a|b"), std::string::npos) << "a name does not break the table";
}

}  // namespace
}  // namespace crossover
