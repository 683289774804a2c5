#include "reports/statistics/stopping.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "reports/statistics/simulated_contests.hpp"

namespace crossover {
namespace {

std::vector<block_values> normal_contest(double scatter, std::size_t blocks,
                                         std::vector<double> truth = {0, 0, 0}) {
  return contest_simulator(11).draw({std::move(truth), contest_noise::normal, scatter}, blocks);
}

TEST(next_look, grows_by_halves_and_ends_at_the_budget) {
  const stopping_rule rule{.ranking = {}, .first_look = 8, .most_blocks = 40};
  std::vector<std::size_t> looks;
  for (auto look = next_look(rule, 0); look; look = next_look(rule, *look)) looks.push_back(*look);
  EXPECT_EQ(looks, (std::vector<std::size_t>{8, 12, 16, 24, 32, 40}));
}

TEST(next_look, small_budget_is_the_only_look) {
  const stopping_rule rule{.ranking = {}, .first_look = 8, .most_blocks = 5};
  EXPECT_EQ(next_look(rule, 0), 5u);
  EXPECT_FALSE(next_look(rule, 5));
}

TEST(is_settled, follows_the_scatter) {
  const stopping_rule rule;
  EXPECT_TRUE(is_settled(paired_differences(normal_contest(0.005, 8)), rule));
  EXPECT_FALSE(is_settled(paired_differences(normal_contest(0.10, 8)), rule));
}

TEST(is_settled, does_not_depend_on_who_leads) {
  const stopping_rule rule;
  for (const double scatter : {0.01, 0.015, 0.02, 0.03}) {
    std::vector<block_values> models = normal_contest(scatter, 12);
    const difference_table level = paired_differences(models);
    for (auto& value : models[1]) *value += 0.5;
    for (auto& value : models[2]) *value -= 2;
    const difference_table shifted = paired_differences(models);
    EXPECT_EQ(is_settled(level, rule), is_settled(shifted, rule));
    EXPECT_EQ(blocks_wanted(level, 12, rule), blocks_wanted(shifted, 12, rule));
  }
}

TEST(is_settled, pair_without_common_blocks_is_never_settled) {
  block_values early(16, 0.0);
  block_values late(16, 0.0);
  for (std::size_t b = 0; b < 8; ++b) {
    early[b + 8].reset();
    late[b].reset();
  }
  const difference_table table = paired_differences({early, late});
  EXPECT_FALSE(is_settled(table, {}));
  EXPECT_FALSE(widest_half_width(table, {}));
  EXPECT_FALSE(blocks_wanted(table, 16, {}));
}

TEST(is_settled, settled_contest_is_decided_whatever_the_truth) {
  const stopping_rule rule;
  int settled = 0;
  for (const double second : {0.0, -0.01, -0.02, -0.03, -0.04, -0.05, -0.06, -0.10})
    for (const double third : {0.0, -0.03, -0.08}) {
      const auto measured = play(normal_contest(0.02, 128, {0, second, third}), {}, rule).blocks;
      if (!is_settled(paired_differences(measured), rule)) continue;
      ++settled;
      EXPECT_NE(rank_models(measured).verdict, contest_verdict::cannot_tell)
          << second << ' ' << third;
    }
  EXPECT_EQ(settled, 24);
}

TEST(blocks_wanted, estimates_the_number_that_settles_a_contest) {
  const stopping_rule rule{.ranking = {}, .first_look = 8, .most_blocks = 4096};
  const auto all = normal_contest(0.05, 4096);
  std::vector<block_values> pilot;
  for (const block_values& model : all) pilot.emplace_back(model.begin(), model.begin() + 64);
  const auto wanted = blocks_wanted(paired_differences(pilot), 64, rule);
  const std::size_t used = play(all, {}, rule).blocks.front().size();
  ASSERT_TRUE(wanted);
  EXPECT_GT(*wanted, used / 2);
  EXPECT_LT(*wanted, used * 2);
}

// Twice the scatter needs four times the blocks, less a little because the critical value falls.
TEST(blocks_wanted, grows_with_the_square_of_the_scatter) {
  const stopping_rule rule;
  const auto once = blocks_wanted(paired_differences(normal_contest(0.05, 32)), 32, rule);
  const auto twice = blocks_wanted(paired_differences(normal_contest(0.10, 32)), 32, rule);
  EXPECT_GT(*twice, 3 * *once);
  EXPECT_LT(*twice, 4 * *once);
}

TEST(blocks_wanted, is_the_first_look_without_scatter) {
  const block_values constant(8, 1.0);
  EXPECT_EQ(blocks_wanted(paired_differences({constant, constant}), 8, {}), 8u);
}

TEST(blocks_wanted, hosts_that_differ_are_not_outweighed_by_blocks) {
  const simulated_contest contest{
      .truth = {0, 0, 0}, .scatter = 0.02, .hosts = 5, .host_scatter = 0.05};
  const block_hosts hosts = hosts_of(contest, 100);
  const difference_table differences =
      paired_differences(contest_simulator(5).draw(contest, 100), {}, {}, hosts);
  EXPECT_FALSE(blocks_wanted(differences, 100, {}));
  const auto wanted = hosts_wanted(differences, {});
  ASSERT_TRUE(wanted);
  EXPECT_GT(*wanted, 10u);
  EXPECT_LT(*wanted, 60u);
  EXPECT_FALSE(hosts_wanted(paired_differences(normal_contest(0.02, 12)), {})) << "of one host";
}

TEST(blocks_wanted, hosts_that_do_not_differ_need_fewer_than_one) {
  const simulated_contest contest{.truth = {0, 0, 0}, .scatter = 0.03, .hosts = 10};
  const difference_table differences =
      paired_differences(contest_simulator(5).draw(contest, 20), {}, {}, hosts_of(contest, 20));
  const auto wanted = blocks_wanted(differences, 20, {});
  ASSERT_TRUE(wanted);
  EXPECT_GT(*wanted, 20u);
  EXPECT_LT(*wanted, 200u);
}

}  // namespace
}  // namespace crossover
