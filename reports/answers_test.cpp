#include "reports/answers.hpp"

#include <gtest/gtest.h>

#include "reports/outcomes.hpp"
#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

answer only_answer(const results& value) {
  const auto panels = panels_of(value);
  const auto answers = answers_of(value, panels);
  EXPECT_EQ(answers.size(), 1u);
  return answers.at(0);
}

TEST(answers, name_the_winner_at_the_largest_common_cores_with_its_lead) {
  const auto value = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101, 102}),
                                       cell_for_test("thread_pool", 1, 64, {200, 201, 202}),
                                       cell_for_test("event_loop", 4, 1, {50, 51, 52}),
                                       cell_for_test("event_loop", 4, 64, {400, 404, 408}),
                                       cell_for_test("thread_pool", 4, 64, {200, 202, 204}),
                                       cell_for_test("reference", 4, 64, {500, 505, 510}),
                                       cell_for_test("event_loop", 8, 64, {900, 901, 902})});
  const answer a = only_answer(value);
  ASSERT_TRUE(a.at);
  EXPECT_EQ(a.at->cores, 4u);
  EXPECT_EQ(a.at->best, 3u);
  EXPECT_TRUE(a.at->proven);
  EXPECT_EQ(a.headline, "event_loop, 2.00× the next best");
  EXPECT_NE(a.sentence.find("At 4 cores, event_loop wins: 404 /s"), std::string::npos)
      << a.sentence;
  EXPECT_NE(a.sentence.find("with 64 in flight, 2×"), std::string::npos) << a.sentence;
  ASSERT_FALSE(a.details.empty());
  EXPECT_EQ(a.details[0], "80 % of the throughput of reference at 4 cores");
  EXPECT_TRUE(a.caveats.empty());
}

TEST(answers, call_overlapping_intervals_a_tie) {
  const auto value = results_for_test({cell_for_test("event_loop", 1, 64, {100, 110, 120}),
                                       cell_for_test("thread_pool", 1, 64, {101, 108, 116}),
                                       cell_for_test("serial", 1, 1, {10, 11, 12})});
  const answer a = only_answer(value);
  EXPECT_EQ(a.headline, "tie: event_loop and thread_pool");
  ASSERT_EQ(a.at->tied.size(), 1u);
  ASSERT_TRUE(a.at->next);
  EXPECT_EQ(value.cells[*a.at->next].model, "serial");
}

TEST(answers, do_not_call_a_single_repetition_proven) {
  const auto value = results_for_test(
      {cell_for_test("event_loop", 1, 64, {200}), cell_for_test("thread_pool", 1, 64, {100})});
  const answer a = only_answer(value);
  EXPECT_FALSE(a.at->proven);
  EXPECT_TRUE(a.at->tied.empty());
  EXPECT_NE(a.sentence.find("is ahead"), std::string::npos);
  EXPECT_EQ(a.sentence.find("wins"), std::string::npos);
  ASSERT_EQ(a.caveats.size(), 1u);
  EXPECT_NE(a.caveats[0].find("single repetition"), std::string::npos);
}

TEST(answers, compare_at_shared_in_flight_values_if_concurrency_differs) {
  // event_loop leads only because no other model was measured with 512 in flight.
  const auto different =
      only_answer(results_for_test({cell_for_test("event_loop", 1, 64, {100, 101, 102}),
                                    cell_for_test("event_loop", 1, 512, {300, 301, 302}),
                                    cell_for_test("thread_pool", 1, 64, {200, 201, 202})}));
  EXPECT_FALSE(different.at->same_concurrency);
  EXPECT_EQ(different.headline, "event_loop, 1.50× the next best, at different concurrency");
  EXPECT_NE(different.sentence.find(
                " Not all were measured at the same concurrency. With 64 in flight, which "
                "all have, thread_pool wins, 1.99× (1.95 to 2.03) the throughput of "
                "event_loop."),
            std::string::npos)
      << different.sentence;

  const auto same =
      only_answer(results_for_test({cell_for_test("event_loop", 1, 1, {10, 11, 12}),
                                    cell_for_test("event_loop", 1, 64, {100, 101, 102}),
                                    cell_for_test("event_loop", 1, 512, {300, 301, 302}),
                                    cell_for_test("thread_pool", 1, 1, {5, 6, 5}),
                                    cell_for_test("thread_pool", 1, 64, {50, 51, 52})}));
  EXPECT_EQ(same.headline, "event_loop, 5.90× the next best");
  EXPECT_NE(same.sentence.find("With 1 and 64 in flight, which all have, event_loop wins"),
            std::string::npos)
      << same.sentence;
}

TEST(answers, report_missing_shared_in_flight_values) {
  const auto a =
      only_answer(results_for_test({cell_for_test("event_loop", 1, 512, {300, 301, 302}),
                                    cell_for_test("thread_pool", 1, 64, {200, 201, 202})}));
  EXPECT_FALSE(a.at->same_concurrency);
  EXPECT_NE(a.headline.find("at different concurrency"), std::string::npos);
  EXPECT_NE(a.sentence.find("(event_loop with 512, thread_pool with 64), which may explain the "
                            "difference."),
            std::string::npos)
      << a.sentence;
}

TEST(answers, omit_concurrency_if_deciding_models_have_the_same) {
  // serial always has one operation in flight, but it does not decide this answer.
  const auto a =
      only_answer(results_for_test({cell_for_test("event_loop", 1, 64, {300, 301, 302}),
                                    cell_for_test("thread_pool", 1, 64, {200, 201, 202}),
                                    cell_for_test("serial", 1, 1, {20, 21, 22}),
                                    cell_for_test("event_loop", 2, 512, {300, 301, 302})}));
  EXPECT_TRUE(a.at->same_concurrency);
  EXPECT_EQ(a.sentence.find("concurrency"), std::string::npos) << a.sentence;
}

TEST(answers, carry_the_findings_of_the_best_cell) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 64, {200, 201}),
                                 cell_for_test("thread_pool", 1, 64, {100, 101})});
  value.cells[0].findings.push_back({"server_bound", "97 % of its cores"});
  value.cells[1].findings.push_back({"steal", "not the winner's"});
  EXPECT_EQ(only_answer(value).caveats,
            std::vector<std::string>{"event_loop: server_bound (97 % of its cores)"});
}

TEST(answers, report_that_open_loop_throughput_is_capped) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 64, {1000, 1001}),
                                 cell_for_test("thread_pool", 1, 64, {999, 1000})});
  EXPECT_EQ(only_answer(value).sentence.find("arrived"), std::string::npos);
  for (cell_result& cell : value.cells)
    for (sample& s : cell.samples) s.rate = 1000;
  EXPECT_NE(only_answer(value).sentence.find("Operations arrived at a fixed rate of 1 k/s, which "
                                             "throughput cannot exceed: compare latencies."),
            std::string::npos);
}

TEST(answers, merge_equal_findings_of_several_models) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 64, {200, 210}),
                                 cell_for_test("thread_pool", 1, 64, {201, 209}),
                                 cell_for_test("fibers", 1, 64, {202, 208})});
  for (cell_result& cell : value.cells)
    cell.findings = {{"shared_cores", "of 2"}, {"steal", cell.model == "fibers" ? "9 %" : "4 %"}};
  const auto caveats = only_answer(value).caveats;
  ASSERT_EQ(caveats.size(), 2u);
  EXPECT_EQ(caveats[0], "event_loop, fibers and thread_pool: shared_cores (of 2)");
  EXPECT_EQ(caveats[1], "event_loop, fibers and thread_pool: steal (4 %; similar for the others)");
}

TEST(answers, have_no_winner_if_only_reference_was_measured) {
  const auto value = results_for_test({cell_for_test("reference", 1, 64, {200, 201})});
  const answer a = only_answer(value);
  EXPECT_FALSE(a.at);
  EXPECT_EQ(a.headline, "no result");
}

TEST(answers, count_failed_and_skipped_cells_without_comparing_them) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 64, {200, 201}),
                                 cell_for_test("thread_pool", 1, 64, {900, 901})});
  value.cells[1].status = cell_status::failed;  // its samples must not be used
  const answer a = only_answer(value);
  EXPECT_EQ(a.headline, "event_loop, the only model");
  value.cells[0].status = cell_status::skipped;
  EXPECT_EQ(only_answer(value).sentence,
            "No result for network bytes=64: 1 cell skipped, 1 failed.");
}

TEST(outcomes, count_wins_and_ties_over_workloads) {
  const auto value = results_for_test({cell_for_test("event_loop", 1, 64, {200, 201}),
                                       cell_for_test("thread_pool", 1, 64, {100, 101}),
                                       cell_for_test("event_loop", 1, 64, {200, 220}, "sleep"),
                                       cell_for_test("thread_pool", 1, 64, {205, 215}, "sleep")});
  const auto panels = panels_of(value);
  const auto answers = answers_of(value, panels);
  const auto sentences = outcomes_of({value, panels, answers});
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_EQ(sentences[0], "2 comparisons: event_loop wins 1, 1 tie.");
  EXPECT_EQ(sentences[1], "4 cells measured with 2 repetitions each.");
}

}  // namespace
}  // namespace crossover
