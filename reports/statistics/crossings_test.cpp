#include "reports/statistics/crossings.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <vector>

namespace crossover {
namespace {

using models = std::vector<std::size_t>;

constexpr auto best = model_class::best;
constexpr auto equivalent = model_class::equivalent;
constexpr auto slower = model_class::slower;
constexpr auto not_separated = model_class::not_separated;
constexpr auto no_part = std::nullopt;

TEST(leadership_along, one_leader_everywhere_has_no_crossing) {
  const leadership found =
      leadership_along({{1, {best, slower}}, {8, {best, slower}}, {64, {best, equivalent}}});
  ASSERT_EQ(found.ranges.size(), 1u);
  EXPECT_EQ(found.ranges[0].from, 1);
  EXPECT_EQ(found.ranges[0].to, 64);
  EXPECT_EQ(found.ranges[0].leaders, models{0});
  EXPECT_TRUE(found.crossings.empty());
}

TEST(leadership_along, crossing_is_between_neighbouring_points) {
  const leadership found =
      leadership_along({{1, {best, slower}}, {8, {best, slower}}, {64, {slower, best}}});
  ASSERT_EQ(found.ranges.size(), 2u);
  EXPECT_EQ(found.ranges[0].to, 8);
  EXPECT_EQ(found.ranges[1].from, 64);
  ASSERT_EQ(found.crossings.size(), 1u);
  EXPECT_EQ(found.crossings[0].after, 8);
  EXPECT_EQ(found.crossings[0].before, 64);
  EXPECT_EQ(found.crossings[0].outgoing, models{0});
  EXPECT_EQ(found.crossings[0].incoming, models{1});
}

TEST(leadership_along, equivalent_point_belongs_to_both_ranges) {
  const leadership found =
      leadership_along({{1, {best, slower}}, {8, {equivalent, equivalent}}, {64, {slower, best}}});
  ASSERT_EQ(found.ranges.size(), 2u);
  EXPECT_EQ(found.ranges[0].to, 8);
  EXPECT_EQ(found.ranges[1].from, 8);
  ASSERT_EQ(found.crossings.size(), 1u);
  EXPECT_EQ(found.crossings[0].after, 1);
  EXPECT_EQ(found.crossings[0].before, 64);
}

TEST(leadership_along, undecided_point_widens_the_crossing_and_makes_none) {
  const leadership shown = leadership_along(
      {{1, {best, slower}}, {8, {not_separated, not_separated}}, {64, {slower, best}}});
  ASSERT_EQ(shown.crossings.size(), 1u);
  EXPECT_EQ(shown.crossings[0].after, 1);
  EXPECT_EQ(shown.crossings[0].before, 64);
  EXPECT_EQ(shown.undecided, 1u);

  const leadership open =
      leadership_along({{1, {best, slower}}, {8, {slower, not_separated}}, {64, {best, slower}}});
  EXPECT_TRUE(open.crossings.empty());
  ASSERT_EQ(open.ranges.size(), 1u);
  EXPECT_EQ(open.ranges[0].undecided, 1u);
}

TEST(leadership_along, undecided_end_is_not_part_of_a_range) {
  const leadership found =
      leadership_along({{1, {best, slower}}, {8, {not_separated, not_separated}}});
  ASSERT_EQ(found.ranges.size(), 1u);
  EXPECT_EQ(found.ranges[0].to, 1);
  EXPECT_EQ(found.ranges[0].undecided, 0u);
  EXPECT_EQ(found.undecided, 1u);
}

TEST(leadership_along, equality_is_not_transitive_along_a_chain_of_neighbours) {
  const leadership found = leadership_along({{1, {equivalent, equivalent, slower}},
                                             {2, {slower, equivalent, equivalent}},
                                             {4, {slower, slower, best}}});
  ASSERT_EQ(found.ranges.size(), 2u);
  EXPECT_EQ(found.ranges[0].leaders, models{1});
  EXPECT_EQ(found.ranges[1].leaders, models{2});
  EXPECT_EQ(found.ranges[1].from, 2);
  ASSERT_EQ(found.crossings.size(), 1u);
  EXPECT_EQ(found.crossings[0].after, 1);
  EXPECT_EQ(found.crossings[0].before, 4);
}

TEST(leadership_along, model_that_leaves_is_not_overtaken) {
  const leadership found =
      leadership_along({{1, {best, slower, slower}}, {8, {no_part, best, slower}}});
  EXPECT_EQ(found.ranges.size(), 2u);
  EXPECT_TRUE(found.crossings.empty());
}

TEST(leadership_along, model_that_joins_does_not_overtake) {
  const leadership found =
      leadership_along({{1, {best, no_part, slower}}, {8, {slower, best, slower}}});
  EXPECT_EQ(found.ranges.size(), 2u);
  EXPECT_TRUE(found.crossings.empty());
}

TEST(leadership_along, lead_that_returns_makes_two_crossings) {
  const leadership found =
      leadership_along({{1, {best, slower}}, {8, {slower, best}}, {64, {best, slower}}});
  ASSERT_EQ(found.crossings.size(), 2u);
  EXPECT_EQ(found.crossings[0].incoming, models{1});
  EXPECT_EQ(found.crossings[1].incoming, models{0});
}

TEST(leadership_along, contest_of_one_model_decides_nothing) {
  const leadership found = leadership_along({{1, {best, no_part}}, {8, {no_part, no_part}}});
  EXPECT_TRUE(found.ranges.empty());
  EXPECT_EQ(found.undecided, 2u);
}

TEST(leadership_along, empty_axis_gives_nothing) {
  EXPECT_TRUE(leadership_along({}).ranges.empty());
}

TEST(leadership_along, points_out_of_order_are_rejected) {
  EXPECT_THROW(leadership_along({{8, {best, slower}}, {1, {best, slower}}}), std::invalid_argument);
  EXPECT_THROW(leadership_along({{1, {best, slower}}, {8, {best}}}), std::invalid_argument);
}

}  // namespace
}  // namespace crossover
