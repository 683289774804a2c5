#include "reports/contest_boxes.hpp"

#include <gtest/gtest.h>

namespace crossover {
namespace {

contest won_by(const char* model, std::uint32_t cores, std::uint32_t in_flight) {
  contest c;
  c.workload = "network";
  c.cores = cores;
  c.in_flight = in_flight;
  c.verdict = contest_verdict::best;
  c.models.emplace_back().model = model;
  c.models.front().shown = model_class::best;
  return c;
}

using joined = std::vector<std::vector<std::size_t>>;

/// The contests of each box of a single workload.
joined joined_contests(const std::vector<contest>& contests) {
  const std::vector<contest_box> boxes = boxes_of(contests).at(0);
  joined all;
  for (const contest_box& box : boxes) all.push_back(box.contests);
  return all;
}

TEST(contest_boxes, neighbours_with_the_same_answer_are_joined) {
  const auto boxes =
      boxes_of({won_by("fibers", 1, 64), won_by("fibers", 1, 8), won_by("serial", 1, 1)});
  ASSERT_EQ(boxes.size(), 1u);
  ASSERT_EQ(boxes[0].size(), 2u);
  EXPECT_EQ(boxes[0][0].contests, std::vector<std::size_t>{2});
  EXPECT_EQ(boxes[0][1].contests, (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(boxes[0][1].in_flight, (extent{8, 64}));
  EXPECT_EQ(boxes[0][1].cores, (extent{1, 1}));
}

TEST(contest_boxes, a_box_has_every_place_between_its_ends) {
  EXPECT_EQ(joined_contests({won_by("fibers", 1, 1), won_by("fibers", 1, 8), won_by("fibers", 2, 1),
                             won_by("fibers", 2, 8)}),
            (joined{{0, 1, 2, 3}}));
  EXPECT_EQ(joined_contests({won_by("fibers", 1, 1), won_by("fibers", 1, 8), won_by("fibers", 2, 1),
                             won_by("serial", 2, 8)}),
            (joined{{0, 1}, {2}, {3}}));
}

TEST(contest_boxes, another_answer_between_two_contests_keeps_them_apart) {
  EXPECT_EQ(
      joined_contests({won_by("fibers", 1, 8), won_by("serial", 2, 8), won_by("fibers", 4, 8)}),
      (joined{{0}, {1}, {2}}));
}

TEST(contest_boxes, workloads_and_parameters_have_groups_of_their_own) {
  std::vector<contest> contests(4, won_by("fibers", 1, 8));
  contests[1].workload = "sleep";
  contests[2].parameters = {{"bytes", "64"}};
  contests[3].rate = 100;
  EXPECT_EQ(boxes_of(contests).size(), 4u);
}

TEST(contest_boxes, cpu_and_wait_of_mixed_are_axes) {
  std::vector<contest> contests(2, won_by("fibers", 1, 8));
  contests[0].parameters = {{"cpu", "100us"}, {"wait", "1ms"}};
  contests[1].parameters = {{"cpu", "100us"}, {"wait", "10ms"}};
  EXPECT_EQ(joined_contests(contests), (joined{{0, 1}}));
}

TEST(contest_boxes, a_contest_of_one_model_is_left_out_beside_others) {
  std::vector<contest> contests(2, won_by("fibers", 1, 8));
  contests[0].verdict = contest_verdict::single;
  EXPECT_EQ(joined_contests(contests), joined{{1}});
  contests.pop_back();
  EXPECT_EQ(joined_contests(contests), joined{{0}});
}

}  // namespace
}  // namespace crossover
