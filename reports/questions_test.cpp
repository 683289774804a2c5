#include "reports/questions.hpp"

#include <gtest/gtest.h>

#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

/// A cell whose blocks scatter little around the throughput.
cell_result steady(const char* model, std::uint32_t cores, std::uint32_t in_flight,
                   double throughput) {
  return cell_for_test(model, cores, in_flight, around(throughput, 8, 0.002, in_flight + cores));
}

std::vector<question> rows_of(const results& value) {
  return questions_of(value, answers_of(value, panels_of(value)));
}

results network_over_in_flight() {
  results value;
  for (const auto& [in_flight, loop, pool] :
       {std::tuple(1u, 10'000, 20'000), std::tuple(64u, 100'000, 80'000),
        std::tuple(256u, 110'000, 80'000), std::tuple(512u, 110'000, 30'000)}) {
    value.cells.push_back(steady("event_loop", 1, in_flight, loop));
    value.cells.push_back(steady("thread_pool", 1, in_flight, pool));
  }
  return value;
}

TEST(questions, neighbours_with_the_same_answer_share_a_row) {
  const auto rows = rows_of(network_over_in_flight());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].title, "network 64 B");
  EXPECT_EQ(rows[0].place, "1 core, 1 in flight");
  EXPECT_EQ(rows[0].answer, "thread_pool, 2 × event_loop");
  EXPECT_EQ(rows[0].leader, "thread_pool");
  EXPECT_EQ(rows[1].place, "1 core, 64 to 512 in flight");
  EXPECT_EQ(rows[1].contests.size(), 3u);
}

TEST(questions, the_row_shows_its_last_contest) {
  const auto row = rows_of(network_over_in_flight()).at(1);
  EXPECT_EQ(row.answer, "event_loop, 3.67 × thread_pool");
  EXPECT_EQ(row.contests.back(), 3u);
}

TEST(questions, a_small_lead_is_not_rounded_to_none) {
  results value;
  value.cells = {steady("event_loop", 1, 64, 100'600), steady("thread_pool", 1, 64, 100'000)};
  EXPECT_EQ(rows_of(value).at(0).answer, "event_loop, 1.006 × thread_pool");
}

TEST(questions, a_model_that_loses_half_of_its_throughput_collapses) {
  const auto rows = rows_of(network_over_in_flight());
  EXPECT_EQ(rows[0].remark.find("collapse"), std::string::npos);
  EXPECT_EQ(rows[1].remark, "thread_pool collapses at 512");
}

TEST(questions, cpu_and_wait_of_mixed_are_axes) {
  results value;
  for (const char* wait : {"1ms", "10ms"})
    for (const char* model : {"event_loop", "thread_pool"}) {
      value.cells.push_back(
          steady(model, 1, 64, model == std::string("event_loop") ? 10'000 : 5'000));
      value.cells.back().workload = "mixed";
      value.cells.back().parameters = {{"cpu", "100us"}, {"wait", wait}, {"io", "sleep"}};
    }
  const auto rows = rows_of(value);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].title, "mixed 100 µs CPU, 1 ms to 10 ms wait");
  EXPECT_EQ(rows[0].panels, (std::vector<std::size_t>{0, 1}));
}

TEST(questions, a_finding_that_makes_a_figure_doubtful_is_in_the_row) {
  results value;
  value.cells = {steady("event_loop", 1, 64, 100'000), steady("thread_pool", 1, 64, 50'000)};
  value.cells[0].findings = {{"server_bound", "97 %"}, {"steal", "4 %"}};
  const auto rows = rows_of(value);
  EXPECT_EQ(rows.at(0).remark, "event_loop: the server was the limit, not the model");
  EXPECT_EQ(cells_shown(rows, answers_of(value, panels_of(value))), (std::set<std::size_t>{0, 1}));
}

TEST(questions, a_contest_of_one_model_has_no_row_beside_others) {
  results value;
  value.cells = {steady("serial", 1, 1, 1'000)};
  ASSERT_EQ(rows_of(value).size(), 1u);
  EXPECT_EQ(rows_of(value)[0].answer, "only serial measured");
  value.cells.push_back(steady("event_loop", 1, 64, 100'000));
  value.cells.push_back(steady("thread_pool", 1, 64, 50'000));
  ASSERT_EQ(rows_of(value).size(), 1u);
  EXPECT_EQ(rows_of(value)[0].leader, "event_loop");
}

TEST(questions, every_workload_keeps_a_row_of_the_first_ones) {
  std::vector<question> rows(6);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].panels = {i < 4 ? 0u : i};
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].title = std::to_string(i);
  std::vector<std::string> titles;
  for (const question& row : first_of(rows, 4)) titles.push_back(row.title);
  EXPECT_EQ(titles, (std::vector<std::string>{"2", "3", "4", "5"}));
}

}  // namespace
}  // namespace crossover
