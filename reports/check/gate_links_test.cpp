#include <gtest/gtest.h>

#include "reports/check/simulated_gate.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

std::vector<gated_cell> cells_for_links(std::size_t count) {
  return std::vector<gated_cell>(count);
}

gate_options with_links(unsigned pairs) {
  gate_options options;
  options.link_pairs = pairs;
  return options;
}

TEST(plan_with_links, stages_have_pairs_of_their_own) {
  const block_plan plan = plan_blocks(with_links(16), cells_for_links(26));
  EXPECT_TRUE(plan.screens);
  EXPECT_EQ(plan.screen_pairs, 6u);
  EXPECT_EQ(plan.confirm_pairs, 10u);
  const block_plan single = plan_blocks(with_links(12), cells_for_links(26));
  EXPECT_FALSE(single.screens);
  EXPECT_EQ(single.screen_pairs, 0u);
  EXPECT_EQ(single.confirm_pairs, 12u);
  EXPECT_EQ(plan_blocks({}, cells_for_links(26)).confirm_pairs, 0u);
}

TEST(plan_with_links, too_few_links_say_how_many_are_needed) {
  const auto message_for = [](unsigned pairs, std::size_t cells) -> std::string {
    try {
      plan_blocks(with_links(pairs), cells_for_links(cells));
      return {};
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::invalid);
      return e.what();
    }
  };
  EXPECT_NE(message_for(11, 26).find("need at least 12"), std::string::npos);
  EXPECT_EQ(message_for(12, 26), "");
  EXPECT_NE(message_for(2, 1).find("need at least 7"), std::string::npos);
  EXPECT_EQ(message_for(7, 1), "");
}

TEST(gate_with_links, keeps_the_level_that_one_link_does_not) {
  const gate_experiment experiment{.suites = 200, .cells = 8, .sd = 0.01, .layout_sd = 0.03};
  EXPECT_GE(simulate_gate(experiment).false_alarms, 100u);
  gate_experiment linked = experiment;
  linked.link_pairs = 16;
  const gate_record record = simulate_gate(linked);
  EXPECT_LE(clopper_pearson(record.false_alarms, record.suites, 0.999).lower, 0.01);
}

TEST(gate_with_links, finds_a_slowdown_beyond_the_layout) {
  const gate_record record = simulate_gate(
      {.suites = 200, .cells = 8, .sd = 0.01, .slower = 0.05, .layout_sd = 0.01, .link_pairs = 16});
  EXPECT_GE(record.found, 190u);
  EXPECT_LE(record.missed, 10u);
}

TEST(gate_with_links, scattered_cell_says_how_many_links_would_decide) {
  const std::vector<gated_cell> cells = cells_for_links(1);
  block_simulator noise(noise_kind::normal, 0.002, 3);
  const std::vector<double> shifts = {0.02};
  const gate_experiment experiment{.layout_sd = 0.08, .link_pairs = 8};
  paired_cells drawn = drawn_cells(cells, drawn_rounds(noise, shifts, experiment));
  drawn.link_pairs = 8;
  const check_result result = run_gate(drawn, simulated_options(), {});
  ASSERT_EQ(result.cells[0].outcome, verdict::inconclusive);
  EXPECT_EQ(result.cells[0].rounds, 8u);
  EXPECT_GE(result.cells[0].blocks, 16u);
  EXPECT_LE(result.cells[0].blocks, 24u) << "more blocks of the same links would not decide";
  EXPECT_NE(result.cells[0].remedy.find("links of each side would decide it"), std::string::npos);
}

TEST(gate_with_links, a_disturbed_block_is_outweighed_by_more_blocks_of_its_pair) {
  const std::vector<gated_cell> cells = cells_for_links(1);
  const std::vector<double> shifts = {0};
  const gate_experiment experiment{.layout_sd = 0.001, .link_pairs = 8};
  for (const double location : {-0.4, 0.0}) {
    block_simulator noise(noise_kind::normal, 0.01, 3);
    drawn_rounds draw(noise, shifts, experiment);
    unsigned blocks = 0;
    paired_cells drawn = drawn_cells(cells, [&](std::size_t cell, std::uint64_t round) {
      pair_block measured = draw(cell, round);
      if (++blocks == 4) measured.record = {.location = location, .total = -0.4};
      return measured;
    });
    drawn.link_pairs = 8;
    const check_result result = run_gate(drawn, simulated_options(), {});
    EXPECT_EQ(result.cells[0].outcome, verdict::pass) << location;
    EXPECT_GE(result.cells[0].blocks, 24u) << location;
  }
}

}  // namespace
}  // namespace crossover
