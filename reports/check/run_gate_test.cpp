#include "reports/check/run_gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

pair_block scripted(double log_ratio) {
  return pair_block{.record = {.location = log_ratio, .total = log_ratio}};
}

/// Cells with scripted blocks: a function per cell gives each block.
class scripted_pair {
 public:
  using script = std::function<double(unsigned block)>;
  using block_script = std::function<pair_block(unsigned block)>;

  void add(const std::string& name, script block_value) {
    add_blocks(name, [block_value](unsigned block) { return scripted(block_value(block)); });
  }
  void add_blocks(const std::string& name, block_script blocks) {
    names_.push_back(name), scripts_.push_back(std::move(blocks)), taken_.push_back(0);
  }

  operator paired_cells() {
    return {.names = names_,
            .prepare =
                [this](std::size_t cell) {
                  const auto first = first_looks.find(names_[cell]);
                  return first == first_looks.end() ? pair_block{.seconds = block_s}
                                                    : first->second;
                },
            .measure =
                [this](std::size_t cell, std::uint64_t) {
                  order.push_back(names_[cell]);
                  pair_block measured = scripts_[cell](taken_[cell]++);
                  measured.record.order = std::to_string(order.size());
                  return measured;
                }};
  }

  double block_s = 0.2;
  std::vector<std::string> order;                 ///< measured cells, in order of time
  std::map<std::string, pair_block> first_looks;  ///< results of `prepare`

 private:
  std::vector<std::string> names_;
  std::vector<block_script> scripts_;
  std::vector<unsigned> taken_;
};

pair_block failed(const std::string& baseline, const std::string& candidate) {
  return {.failures = {baseline, candidate}};
}

/// Returns reproducible blocks around `shift` that scatter by `scatter`.
scripted_pair::script steady(double shift, double scatter = 0.004) {
  return [=](unsigned block) {
    return std::log1p(shift) + (block % 2 == 0 ? scatter : -scatter) * (1 + block % 3 * 0.1);
  };
}

gate_options seeded() {
  gate_options options;
  options.flips.seed = 7;
  return options;
}

const cell_comparison& verdict_of_cell(const check_result& result, const std::string& name) {
  for (const cell_comparison& cell : result.cells)
    if (cell.name == name) return cell;
  throw std::out_of_range(name);
}

TEST(run_gate, finds_the_slower_of_twenty_cells_and_passes_the_others_after_the_screen) {
  scripted_pair pair;
  for (int i = 0; i < 20; ++i) pair.add("cell/" + std::to_string(i), steady(i == 13 ? 0.05 : 0));
  std::string plan;
  std::vector<gate_progress> shown;
  const check_result result =
      run_gate(pair, seeded(), {},
               {[&](const std::string& text) { plan = text; },
                [&](const gate_progress& progress) { shown.push_back(progress); }});
  EXPECT_EQ(exit_code_of(result), 1);
  EXPECT_EQ(verdict_of_cell(result, "cell/13").outcome, verdict::regression);
  EXPECT_NEAR(*verdict_of_cell(result, "cell/13").ratio, 1.05, 0.003);
  EXPECT_EQ(verdict_of_cell(result, "cell/13").decided, decided_by::confirmation);
  ASSERT_EQ(verdict_of_cell(result, "cell/13").block_orders.size(),
            verdict_of_cell(result, "cell/13").blocks);
  EXPECT_EQ(verdict_of_cell(result, "cell/13").block_orders.back(),
            std::to_string(pair.order.size()))
      << "orders of the fresh blocks, not of the screen";
  for (const cell_comparison& cell : result.cells)
    if (cell.name != "cell/13") {
      EXPECT_EQ(cell.outcome, verdict::pass) << cell.name;
      EXPECT_EQ(cell.decided, decided_by::screen);
    }
  EXPECT_NE(plan.find("20 cells: "), std::string::npos) << plan;
  ASSERT_FALSE(shown.empty());
  EXPECT_LT(shown.front().left_s, 0) << "the time is unknown before the first preparation";
  EXPECT_GE(shown.back().left_s, 0);
  EXPECT_EQ(shown.back().done + 1, shown.back().total);
}

TEST(run_gate, round_is_one_block_per_cell_in_an_order_drawn_from_the_seed) {
  const auto order_of = [](std::uint64_t seed) {
    scripted_pair pair;
    for (int i = 0; i < 12; ++i) pair.add(std::to_string(i), steady(0));
    gate_options options;
    options.flips.seed = seed;
    const check_result result = run_gate(pair, options, {}, {});
    EXPECT_EQ(result.plan.seed, seed) << "the randomisation is recorded";
    return pair.order;
  };
  const std::vector<std::string> order = order_of(7);
  ASSERT_EQ(order.size() % 12, 0u);
  for (std::size_t from = 0; from < order.size(); from += 12) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(from);
    EXPECT_EQ(std::set<std::string>(first, first + 12).size(), 12u) << from;
  }
  EXPECT_NE(std::vector<std::string>(order.begin(), order.begin() + 12),
            std::vector<std::string>(order.begin() + 12, order.begin() + 24));
  EXPECT_EQ(order, order_of(7));
  EXPECT_NE(order, order_of(8));
}

TEST(run_gate, source_receives_the_cells_of_a_round_before_their_blocks) {
  scripted_pair pair;
  for (int i = 0; i < 12; ++i) pair.add(std::to_string(i), steady(i == 3 ? 0.08 : 0));
  paired_cells source = pair;
  std::vector<std::string> announced;
  source.begin_round = [&](const std::vector<std::size_t>& cells) {
    EXPECT_EQ(announced, pair.order) << "every announced cell was measured";
    for (const std::size_t cell : cells) announced.push_back(std::to_string(cell));
  };
  run_gate(source, {}, {}, {});
  EXPECT_EQ(announced, pair.order);
}

TEST(run_gate, single_cell_is_confirmed_without_a_screen) {
  scripted_pair pair;
  pair.add("a", steady(0));
  const check_result result = run_gate(pair, seeded(), {}, {});
  EXPECT_EQ(exit_code_of(result), 0);
  EXPECT_EQ(result.cells[0].blocks, 10u);
  ASSERT_EQ(result.cells[0].block_orders.size(), 10u);
  EXPECT_EQ(result.cells[0].block_orders[9], "10");
  EXPECT_EQ(pair.order.size(), 10u);
}

TEST(run_gate, disturbed_screen_block_costs_fewer_than_20_blocks) {
  scripted_pair pair;
  for (int i = 0; i < 11; ++i) pair.add("quiet " + std::to_string(i), steady(0));
  pair.add("disturbed", [](unsigned block) {
    return block == 2 ? 0.4 : block % 2 == 0 ? 0.004 : -0.003;
  });
  const check_result result = run_gate(pair, seeded(), {}, {});
  const cell_comparison& disturbed = verdict_of_cell(result, "disturbed");
  EXPECT_EQ(disturbed.outcome, verdict::pass);
  EXPECT_EQ(disturbed.decided, decided_by::confirmation);
  EXPECT_GE(disturbed.blocks, 10u);
  EXPECT_LT(disturbed.blocks, 20u);
}

TEST(run_gate, thresholds_apply_to_the_cells_that_they_name) {
  scripted_pair pair;
  pair.add("a", steady(0.05));
  pair.add("b", steady(0.05));
  thresholds per_cell;
  per_cell.rules.push_back({"b", nullptr, 0.08, 0.2});
  const check_result result = run_gate(pair, seeded(), per_cell, {});
  EXPECT_EQ(verdict_of_cell(result, "a").outcome, verdict::regression);
  EXPECT_EQ(verdict_of_cell(result, "b").outcome, verdict::pass);
  EXPECT_DOUBLE_EQ(verdict_of_cell(result, "b").detect, 0.2);
}

/// Returns small changes, or `failure` in a block if `fails` returns true for it.
scripted_pair::block_script failing(const pair_block& failure,
                                    std::function<bool(unsigned)> fails) {
  return [=](unsigned block) {
    return fails(block) ? failure : scripted(block % 2 == 0 ? 0.001 : -0.001);
  };
}

TEST(run_gate, one_failed_process_is_neither_a_regression_nor_a_pass) {
  for (const unsigned failed_block : {1u, 12u}) {
    const auto once = [=](unsigned block) { return block == failed_block; };
    scripted_pair pair;
    for (int i = 0; i < 8; ++i) pair.add("good " + std::to_string(i), steady(0));
    pair.add_blocks("once", failing(failed("", "died"), once));
    pair.add("slower", steady(0.05));  // in the screen and confirmed
    pair.add_blocks("old once", failing(failed("died", ""), once));
    const check_result result = run_gate(pair, seeded(), {}, {});
    const cell_comparison& once_failed = verdict_of_cell(result, "once");
    EXPECT_EQ(verdict_of_cell(result, "good 0").outcome, verdict::pass);
    EXPECT_EQ(verdict_of_cell(result, "old once").outcome, verdict::pass) << "no excess in NEW";
    if (once_failed.blocks + once_failed.screen_blocks <= failed_block) continue;
    EXPECT_EQ(once_failed.outcome, verdict::inconclusive);
    EXPECT_NE(once_failed.remedy.find("of processes fail"), std::string::npos)
        << once_failed.remedy;
    EXPECT_NE(once_failed.notes.at(0).find("the candidate failed in 1 of "), std::string::npos);
  }
}

TEST(run_gate, shows_that_the_candidate_fails_more_often) {
  scripted_pair pair;
  pair.add("good", steady(0));
  pair.add_blocks("always", failing(failed("", "died"), [](unsigned) { return true; }));
  pair.first_looks["always"] = failed("", "no start");
  pair.add_blocks("often", failing(failed("", "died"), [](unsigned b) { return b % 2 == 0; }));
  pair.add_blocks("both", failing(failed("died", "died"), [](unsigned b) { return b % 4 == 1; }));
  const check_result result = run_gate(pair, seeded(), {}, {});
  EXPECT_EQ(verdict_of_cell(result, "good").outcome, verdict::pass);
  EXPECT_EQ(verdict_of_cell(result, "both").outcome, verdict::pass) << "both fail equally";
  for (const char* name : {"always", "often"}) {
    const cell_comparison& cell = verdict_of_cell(result, name);
    EXPECT_EQ(cell.outcome, verdict::regression) << name;
    EXPECT_EQ(worse_quantities(cell, 0.01), std::vector<std::string_view>{"failures"});
  }
  EXPECT_FALSE(verdict_of_cell(result, "always").ratio);
  EXPECT_LT(std::count(pair.order.begin(), pair.order.end(), "always"), 13);
}

TEST(run_gate, cell_whose_baseline_never_works_is_listed) {
  const auto always = [](unsigned) { return true; };
  scripted_pair pair;
  pair.add("good", steady(0));
  pair.add_blocks("both fail", failing(failed("died too", "died"), always));
  pair.add_blocks("works now", failing(failed("no start", ""), always));
  const check_result result = run_gate(pair, seeded(), {}, {});
  ASSERT_EQ(result.failing.size(), 1u);
  EXPECT_EQ(result.failing[0].reason, "died (and the baseline: died too)");
  ASSERT_EQ(result.added.size(), 1u);
  EXPECT_EQ(result.added[0].reason, "failed before: no start");
  ASSERT_EQ(result.cells.size(), 1u);
  EXPECT_EQ(result.cells[0].outcome, verdict::pass);
  EXPECT_EQ(std::count(pair.order.begin(), pair.order.end(), "works now"), 3);
}

TEST(run_gate, stall_that_location_ignores_is_found_by_the_total) {
  scripted_pair pair;
  pair.add_blocks("stalls", [](unsigned block) {
    pair_block stalled = scripted(block % 2 == 0 ? 0.001 : -0.001);
    stalled.record.total = 0.18;
    stalled.record.slow = {0, 0.02};
    return stalled;
  });
  const check_result result = run_gate(pair, seeded(), {}, {});
  EXPECT_EQ(result.cells[0].outcome, verdict::regression);
  EXPECT_EQ(worse_quantities(result.cells[0], 0.01),
            (std::vector<std::string_view>{"total", "tail"}));
}

TEST(run_gate, scatter_of_the_total_calls_for_more_blocks) {
  scripted_pair pair;
  pair.add_blocks("noisy total", [](unsigned block) {
    pair_block noisy = scripted(block % 2 == 0 ? 0.001 : -0.001);
    noisy.record.total = block % 2 == 0 ? 0.06 : -0.06;
    return noisy;
  });
  gate_options options = seeded();
  options.block_sd = 0.05;
  const check_result result = run_gate(pair, options, {}, {});
  EXPECT_EQ(result.cells[0].outcome, verdict::pass);
  EXPECT_GT(result.cells[0].blocks, 20u);
}

TEST(run_gate, regimes_ask_for_enough_blocks_to_meet_and_to_show_them) {
  const auto fifth_is_slow = [](unsigned block) {
    return std::log1p(block % 5 == 4 ? 0.6 : 0) + (block % 2 == 0 ? 0.004 : -0.004);
  };
  gate_options options = seeded();
  options.regimes = 0.2;
  scripted_pair pair;
  for (int i = 0; i < 8; ++i) pair.add("good " + std::to_string(i), steady(0));
  pair.add("slow regime", fifth_is_slow);
  const check_result result = run_gate(pair, options, {}, {});
  EXPECT_EQ(verdict_of_cell(result, "slow regime").outcome, verdict::regression);
  const cell_comparison& good = verdict_of_cell(result, "good 0");
  EXPECT_EQ(good.outcome, verdict::pass);
  EXPECT_LE(*good.unseen_share, 0.2);
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("do not exclude a slow regime"), std::string::npos);
}

TEST(run_gate, missing_metric_is_inconclusive_with_the_reason) {
  scripted_pair pair;
  pair.add("a", steady(0));
  pair.add("b", [](unsigned) -> double {
    throw error(error_kind::unsupported, "p99 is not measured in a slice of this cell");
  });
  const check_result result = run_gate(pair, seeded(), {}, {});
  EXPECT_EQ(exit_code_of(result), 2);
  EXPECT_EQ(verdict_of_cell(result, "a").outcome, verdict::pass);
  EXPECT_EQ(verdict_of_cell(result, "b").outcome, verdict::inconclusive);
  EXPECT_EQ(verdict_of_cell(result, "b").remedy, "p99 is not measured in a slice of this cell");
}

TEST(run_gate, no_measurable_cell_is_not_a_pass) {
  scripted_pair pair;
  pair.add_blocks("a", [](unsigned) { return failed("died", "died"); });
  const check_result result = run_gate(pair, seeded(), {}, {});
  EXPECT_TRUE(result.cells.empty());
  EXPECT_EQ(result.failing.size(), 1u);
  EXPECT_EQ(exit_code_of(result), 2);
}

TEST(run_gate, stops_at_the_budget_and_reports_the_blocks_needed) {
  scripted_pair pair;
  pair.block_s = 0.02;
  pair.add("a", [](unsigned) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return 0.0;
  });
  gate_options options = seeded();
  options.budget_s = 0.05;
  const check_result result = run_gate(pair, options, {}, {});
  EXPECT_EQ(exit_code_of(result), 2);
  EXPECT_LT(pair.order.size(), 7u);
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("raise --budget"), std::string::npos);
  EXPECT_NE(result.cells[0].remedy.find("need at least 7"), std::string::npos)
      << result.cells[0].remedy;
}

TEST(run_gate, interrupt_is_not_a_cell_failure) {
  scripted_pair pair;
  pair.add("a", [](unsigned) -> double { throw interrupted(); });
  EXPECT_THROW(run_gate(pair, seeded(), {}, {}), interrupted);
}

}  // namespace
}  // namespace crossover
