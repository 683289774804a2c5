#include "reports/statistics/ranking.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "reports/statistics/critical_values.hpp"

namespace crossover {
namespace {

/// A model at `ratio` whose blocks scatter by `scatter` in a fixed pattern without trend; `phase`
/// keeps two models from scattering identically.
block_values blocks_of(double ratio, double scatter, int phase, std::size_t blocks = 16) {
  constexpr double pattern[] = {1, -1, 1, 1, -1, -1, 1, -1};
  block_values values;
  for (std::size_t b = 0; b < blocks; ++b)
    values.push_back(std::log(ratio) + scatter * pattern[(b * (1 + 2 * phase) + phase) % 8]);
  return values;
}

model_class shown(const contest_ranking& ranking, std::size_t model) {
  return ranking.models[model].shown;
}

TEST(rank_models, names_the_best_and_how_much_slower_the_others_are) {
  const contest_ranking ranking =
      rank_models({blocks_of(0.6, 0.01, 0), blocks_of(1, 0.01, 1), blocks_of(0.9, 0.01, 2)});
  EXPECT_EQ(ranking.verdict, contest_verdict::best);
  EXPECT_EQ(shown(ranking, 0), model_class::slower);
  EXPECT_EQ(shown(ranking, 1), model_class::best);
  EXPECT_EQ(shown(ranking, 2), model_class::slower);
  const model_rank& slowest = ranking.models[0];
  EXPECT_NEAR(slowest.to_best->ratio, 0.6, 0.01);
  EXPECT_GT(slowest.slower_by_at_least, 0.37);
  EXPECT_LT(slowest.slower_by_at_least, 0.4);
  EXPECT_DOUBLE_EQ(slowest.slower_by_at_least, 1 - *slowest.to_best->upper);
  EXPECT_NEAR(ranking.models[1].to_best->ratio, 1 / 0.9, 0.01);
  EXPECT_GT(ranking.models[1].to_best->lower, 1);
}

TEST(rank_models, equivalence_is_shown_and_not_assumed) {
  const auto quiet = rank_models({blocks_of(1, 0.01, 0), blocks_of(0.99, 0.01, 1)});
  EXPECT_EQ(quiet.verdict, contest_verdict::equivalent);
  EXPECT_EQ(shown(quiet, 0), model_class::equivalent);
  EXPECT_EQ(shown(quiet, 1), model_class::equivalent);
  const auto noisy = rank_models({blocks_of(1, 0.2, 0), blocks_of(0.99, 0.2, 1)});
  EXPECT_EQ(noisy.verdict, contest_verdict::cannot_tell);
  EXPECT_EQ(shown(noisy, 0), model_class::not_separated);
  EXPECT_EQ(shown(noisy, 1), model_class::not_separated);
}

TEST(rank_models, two_equivalent_leaders_and_one_slower) {
  const auto ranking =
      rank_models({blocks_of(1, 0.01, 0), blocks_of(0.7, 0.01, 1), blocks_of(1, 0.01, 2)});
  EXPECT_EQ(ranking.verdict, contest_verdict::equivalent);
  EXPECT_EQ(shown(ranking, 0), model_class::equivalent);
  EXPECT_EQ(shown(ranking, 1), model_class::slower);
  EXPECT_EQ(shown(ranking, 2), model_class::equivalent);
}

TEST(rank_models, model_within_the_margin_of_a_proven_best_is_equivalent) {
  const auto ranking = rank_models({blocks_of(1, 0.001, 0), blocks_of(0.97, 0.001, 1)});
  EXPECT_EQ(ranking.verdict, contest_verdict::best);
  EXPECT_EQ(shown(ranking, 0), model_class::best);
  EXPECT_EQ(shown(ranking, 1), model_class::equivalent);
  EXPECT_LT(*ranking.models[1].to_best->upper, 1);
}

TEST(rank_models, open_rival_leaves_the_contest_open) {
  const auto ranking =
      rank_models({blocks_of(1, 0.001, 0), blocks_of(1, 0.3, 1), blocks_of(0.3, 0.001, 2)});
  EXPECT_EQ(ranking.verdict, contest_verdict::cannot_tell);
  EXPECT_EQ(shown(ranking, 1), model_class::not_separated);
  EXPECT_EQ(shown(ranking, 2), model_class::slower);
}

TEST(rank_models, noisy_slow_model_does_not_widen_the_intervals_of_the_leaders) {
  const auto without =
      rank_models({blocks_of(1, 0.01, 0), blocks_of(0.9, 0.01, 1), blocks_of(0.4, 0.01, 2)});
  const auto with =
      rank_models({blocks_of(1, 0.01, 0), blocks_of(0.9, 0.01, 1), blocks_of(0.4, 0.1, 2)});
  EXPECT_EQ(with.verdict, contest_verdict::best);
  EXPECT_NEAR(*with.models[1].to_best->upper, *without.models[1].to_best->upper, 0.01);
}

TEST(rank_models, fewer_blocks_than_the_minimum_separate_nothing) {
  const auto five = rank_models({blocks_of(1, 0.001, 0, 5), blocks_of(0.5, 0.001, 1, 5)});
  EXPECT_EQ(five.verdict, contest_verdict::cannot_tell);
  EXPECT_EQ(shown(five, 1), model_class::not_separated);
  ASSERT_TRUE(five.models[1].to_best);
  EXPECT_NEAR(five.models[1].to_best->ratio, 0.5, 0.01);
  EXPECT_EQ(five.models[1].to_best->lower, 0);
  EXPECT_FALSE(five.models[1].to_best->upper);
}

TEST(rank_models, equal_blocks_without_scatter_are_equivalent) {
  const block_values capped(8, std::log(6400.0));
  EXPECT_EQ(rank_models({capped, capped}).verdict, contest_verdict::equivalent);
}

TEST(rank_models, single_model_has_no_verdict) {
  const auto one = rank_models({blocks_of(1, 0.01, 0)});
  EXPECT_EQ(one.verdict, contest_verdict::single);
  EXPECT_FALSE(one.models[0].to_best);
  EXPECT_EQ(rank_models({}).verdict, contest_verdict::single);
}

TEST(rank_models, capped_flag_is_the_verdict) {
  EXPECT_EQ(rank_models({blocks_of(1, 0.01, 0), blocks_of(0.5, 0.01, 1)}, {.capped = true}).verdict,
            contest_verdict::capped);
}

TEST(rank_models, model_without_common_blocks_needs_an_anchor) {
  block_values early = blocks_of(1, 0.01, 0);
  block_values late = blocks_of(0.5, 0.01, 1);
  for (std::size_t b = 0; b < 8; ++b) {
    early[b + 8].reset();
    late[b].reset();
  }
  const auto unlinked = rank_models({early, late});
  EXPECT_EQ(unlinked.verdict, contest_verdict::cannot_tell);
  EXPECT_FALSE(unlinked.models[0].to_best);
  const auto anchored = rank_models({early, late}, {}, blocks_of(1.1, 0.01, 2));
  EXPECT_EQ(anchored.verdict, contest_verdict::best);
  EXPECT_EQ(shown(anchored, 0), model_class::best);
}

TEST(rank_models, contradicting_parts_show_nothing) {
  // Each model is far ahead of the next in the blocks that they share, in a circle.
  std::vector<block_values> models(3, block_values(24));
  for (std::size_t b = 0; b < 24; ++b) {
    models[b / 8][b] = 1.0;
    models[(b / 8 + 1) % 3][b] = 0.0;
  }
  const auto ranking = rank_models(models);
  EXPECT_EQ(ranking.verdict, contest_verdict::cannot_tell);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(shown(ranking, i), model_class::not_separated);
}

TEST(rank_models, common_factor_changes_nothing) {
  const std::vector<block_values> models = {blocks_of(1, 0.01, 0), blocks_of(0.95, 0.02, 1)};
  std::vector<block_values> drifting = models;
  for (block_values& model : drifting)
    for (std::size_t b = 0; b < model.size(); ++b)
      *model[b] += 0.1 * std::sin(static_cast<double>(b));
  const auto still = rank_models(models);
  const auto drifted = rank_models(drifting);
  EXPECT_NEAR(still.models[1].to_best->lower, drifted.models[1].to_best->lower, 1e-12);
}

TEST(half_widths, grow_with_the_number_of_models) {
  const paired_difference difference{0, 0.01, 10, 11};
  EXPECT_GE(*half_widths(2, {}).of(difference), 0.01 * joint_critical_value(10, 1, 0.95));
  EXPECT_GE(*half_widths(5, {}).of(difference), 0.01 * joint_critical_value(10, 4, 0.95));
  EXPECT_GT(*half_widths(14, {}).of(difference), *half_widths(5, {}).of(difference));
  EXPECT_FALSE(half_widths(5, {}).of({0, 0.01, 2, 3}));
}

TEST(ratio_to_reference, has_an_interval_around_the_ratio) {
  const auto found = ratio_to_reference({blocks_of(0.93, 0.01, 0)}, 0, blocks_of(1, 0.01, 1));
  ASSERT_TRUE(found && found->upper);
  EXPECT_NEAR(found->ratio, 0.93, 0.01);
  EXPECT_LT(found->lower, 0.93);
  EXPECT_GT(*found->upper, 0.93);
}

TEST(ratio_to_reference, choosing_among_several_widens_it) {
  // Copies of one series add no information on the autocorrelation.
  const block_values model = blocks_of(0.93, 0.01, 0);
  const block_values reference = blocks_of(1, 0.01, 1);
  const auto one_of_two = ratio_to_reference({model, model}, 0, reference);
  const auto one_of_eight = ratio_to_reference(std::vector(8, model), 0, reference);
  EXPECT_LT(one_of_eight->lower, one_of_two->lower);
}

TEST(ratio_to_reference, too_few_common_blocks_give_none) {
  EXPECT_FALSE(ratio_to_reference({blocks_of(1, 0.01, 0, 5)}, 0, blocks_of(1, 0.01, 1, 5)));
}

TEST(name_of, is_the_word_in_the_results) {
  EXPECT_EQ(name_of(model_class::not_separated), "not_separated");
  EXPECT_EQ(name_of(contest_verdict::cannot_tell), "cannot_tell");
}

}  // namespace
}  // namespace crossover
