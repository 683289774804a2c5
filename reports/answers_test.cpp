#include "reports/answers.hpp"

#include <gtest/gtest.h>

#include "reports/outcomes.hpp"
#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

answer_set all_answers(const results& value) { return answers_of(value, panels_of(value)); }

/// Two models, the first twice as fast as the second.
std::vector<cell_result> pair_at(std::uint32_t cores, std::uint32_t in_flight,
                                 const std::string& workload = "network") {
  return {cell_for_test("event_loop", cores, in_flight, around(100'000, 8, 0.002, 1), workload),
          cell_for_test("thread_pool", cores, in_flight, around(50'000, 8, 0.002, 2), workload)};
}

results with_cells(const std::vector<std::vector<cell_result>>& groups) {
  std::vector<cell_result> cells;
  for (const auto& group : groups) cells.insert(cells.end(), group.begin(), group.end());
  return results_for_test(cells);
}

const contest& headline(const answer_set& all) {
  return all.contests.at(all.answers.at(0).headline.value());
}

TEST(answers, headline_is_at_the_highest_core_count_with_two_models) {
  const auto all = all_answers(
      with_cells({pair_at(1, 64), pair_at(4, 64), {cell_for_test("event_loop", 8, 64, {900})}}));
  EXPECT_EQ(headline(all).cores, 4u);
}

TEST(answers, headline_avoids_cores_that_the_server_shares) {
  auto value = with_cells({pair_at(1, 64), pair_at(2, 64), pair_at(4, 64)});
  value.cells[4].findings = {{"shared_cores", "of 4"}};
  EXPECT_EQ(headline(all_answers(value)).cores, 2u);
  for (cell_result& cell : value.cells) cell.findings = {{"shared_cores", "everywhere"}};
  EXPECT_EQ(headline(all_answers(value)).cores, 1u);
}

TEST(answers, headline_has_the_highest_in_flight_with_two_models) {
  auto value = with_cells({pair_at(1, 1), pair_at(1, 64), pair_at(1, 512)});
  EXPECT_EQ(headline(all_answers(value)).in_flight, 512u);
  // `serial` makes the contest with one in flight the largest, which says least.
  value.cells.push_back(cell_for_test("serial", 1, 1, around(10000, 8, 0.002, 1)));
  EXPECT_EQ(headline(all_answers(value)).in_flight, 512u);
  value.cells.push_back(cell_for_test("fibers", 1, 1024, around(10000, 8, 0.002, 1)));
  EXPECT_EQ(headline(all_answers(value)).in_flight, 512u) << "one model is not a contest";
}

TEST(answers, measuring_time_counts_each_block_once) {
  auto value = with_cells({pair_at(1, 64), pair_at(2, 64)});
  EXPECT_FALSE(all_answers(value).measuring_s) << "not recorded";
  for (std::size_t i = 0; i < value.cells.size(); ++i)
    for (sample& s : value.cells[i].samples) {
      *s.block += i / 2 * 8;  // the contests have blocks of their own
      s.block_s = 0.5;
    }
  EXPECT_DOUBLE_EQ(all_answers(value).measuring_s.value(), 8);
}

TEST(answers, contests_of_a_panel_ascend_by_cores_and_in_flight) {
  const auto all = all_answers(with_cells({pair_at(2, 64), pair_at(1, 64), pair_at(1, 1)}));
  EXPECT_EQ(all.answers.at(0).contests, (std::vector<std::size_t>{2, 1, 0}));
  EXPECT_EQ(all.answers.at(0).leaders.size(), 2u) << "along cores and along in flight";
}

TEST(answers, count_questions_without_single_models) {
  const auto all = all_answers(with_cells(
      {pair_at(1, 64),
       pair_at(1, 64, "sleep"),
       {cell_for_test("event_loop", 1, 64, {1, 2}, "noop")},
       {cell_for_test("event_loop", 2, 64, {1, 2}), cell_for_test("thread_pool", 2, 64, {1, 2})}}));
  EXPECT_EQ(all.questions, 3u);
  EXPECT_EQ(all.decided, 2u);
}

TEST(answers, finding_of_some_models_is_a_remark) {
  auto value = with_cells({pair_at(1, 64)});
  value.cells[1].findings = {{"steal", "4 %"}};
  const auto all = all_answers(value);
  ASSERT_EQ(all.answers[0].remarks.size(), 1u);
  EXPECT_EQ(all.answers[0].remarks[0].models, std::vector<std::string>{"thread_pool"});
  EXPECT_TRUE(all.shared_remarks.empty());
}

TEST(answers, finding_of_all_models_is_counted_once_for_the_run) {
  auto value = with_cells({pair_at(1, 64), pair_at(2, 64)});
  for (cell_result& cell : value.cells) cell.findings = {{"shared_cores", "of 2"}};
  const auto all = all_answers(value);
  EXPECT_TRUE(all.answers[0].remarks.empty());
  ASSERT_EQ(all.shared_remarks.size(), 1u);
  EXPECT_EQ(all.shared_remarks[0].contests, 2u);
}

TEST(answers, panel_without_a_contender_has_no_headline) {
  const auto all =
      all_answers(results_for_test({cell_for_test("reference", 1, 64, around(1000, 8, 0.002, 1))}));
  ASSERT_EQ(all.answers.size(), 1u);
  EXPECT_FALSE(all.answers[0].headline);
  EXPECT_EQ(all.questions, 0u);
}

TEST(answers, family_of_a_foreign_file_has_its_range_of_times) {
  auto value = results_for_test(
      {cell_for_test("", 1, 1, {1000, 1000}, "BM_a"), cell_for_test("", 1, 2, {500, 500}, "BM_a")});
  value.foreign = true;
  const auto all = all_answers(value);
  ASSERT_TRUE(all.answers.at(0).family);
  EXPECT_EQ(all.answers[0].family->lowest, 0u);
  EXPECT_EQ(all.answers[0].family->highest, 1u);
  EXPECT_DOUBLE_EQ(all.answers[0].family->highest_s.mean, 0.002);
}

TEST(outcomes, begin_with_the_decided_questions) {
  const auto value = with_cells({pair_at(1, 64), pair_at(1, 64, "sleep")});
  const auto panels = panels_of(value);
  const auto all = answers_of(value, panels);
  EXPECT_EQ(lede_of({value, panels, all}),
            (std::vector<std::string>{"2 questions, 2 decided.",
                                      "4 cells measured with 8 blocks each."}));
}

}  // namespace
}  // namespace crossover
