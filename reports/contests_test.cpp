#include "reports/contests.hpp"

#include <gtest/gtest.h>

#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

using names = std::vector<std::string>;

cell_result model_cell(std::string model, double throughput, unsigned seed = 1,
                       std::uint32_t cores = 2) {
  return cell_for_test(std::move(model), cores, 64, around(throughput, 8, 0.002, seed));
}

contest only_contest(const results& value) {
  const auto contests = contests_of(value);
  EXPECT_EQ(contests.size(), 1u);
  return contests.at(0);
}

contest contest_between(std::vector<cell_result> cells) {
  return only_contest(results_for_test(std::move(cells)));
}

names models_in(const contest& c) {
  names models;
  for (const contender& model : c.models) models.push_back(model.model);
  return models;
}

names leading(const contest& c) {
  names models;
  for (const contender* model : leaders_of(c)) models.push_back(model->model);
  return models;
}

void add_finding(cell_result& cell, std::string code) {
  cell.findings.push_back({std::move(code), "detail"});
}

TEST(contests, faster_model_is_best_with_its_ratio_to_reference) {
  const contest c =
      contest_between({model_cell("thread_pool", 60'000, 2), model_cell("event_loop", 100'000, 1),
                       model_cell("reference", 110'000, 3)});
  EXPECT_EQ(c.verdict, contest_verdict::best);
  EXPECT_EQ(c.why, verdict_reason::intervals);
  EXPECT_EQ(models_in(c), (names{"event_loop", "thread_pool"}));
  EXPECT_EQ(leading(c), names{"event_loop"});
  EXPECT_EQ(c.models[1].shown, model_class::slower);
  EXPECT_GT(c.models[1].slower_by_at_least, 0.38);
  EXPECT_LT(c.models[1].slower_by_at_least, 0.4);
  EXPECT_LT(c.models[1].to_best->lower, 0.6);
  EXPECT_GT(*c.models[1].to_best->upper, 0.6);
  EXPECT_NEAR(c.of_reference->ratio, 100.0 / 110, 0.005);
  EXPECT_LT(c.of_reference->lower, c.of_reference->ratio);
  EXPECT_EQ(c.blocks, 8u);
  EXPECT_FALSE(c.blocks_wanted);
  EXPECT_TRUE(c.is_decided());
  EXPECT_NEAR(*c.models[0].cpu_s, 0.5 / 100'000, 1e-7);
}

TEST(contests, models_within_the_margin_are_equivalent) {
  const contest c =
      contest_between({model_cell("event_loop", 100'000, 1), model_cell("shared_loop", 100'000, 2),
                       model_cell("processes", 50'000, 3)});
  EXPECT_EQ(c.verdict, contest_verdict::equivalent);
  EXPECT_EQ(leading(c), (names{"event_loop", "shared_loop"}));
  EXPECT_EQ(c.models[2].shown, model_class::slower);
}

TEST(contests, margin_is_that_of_the_run) {
  auto value =
      results_for_test({model_cell("event_loop", 100'000, 1), model_cell("processes", 92'000, 2)});
  EXPECT_EQ(contests_of(value).at(0).models[1].shown, model_class::slower);
  value.equal = 0.1;
  EXPECT_EQ(contests_of(value).at(0).models[1].shown, model_class::equivalent);
}

TEST(contests, autocorrelation_is_that_of_all_contests_of_the_run) {
  const auto contest_at = [](std::uint32_t in_flight) {
    return std::vector{
        cell_for_test("event_loop", 2, in_flight, around(100'000, 8, 0.02, in_flight)),
        cell_for_test("processes", 2, in_flight, around(90'000, 8, 0.02, 900 + in_flight))};
  };
  const contest alone = contest_between(contest_at(1));
  std::vector<cell_result> cells;
  for (std::uint32_t in_flight = 1; in_flight <= 12; ++in_flight)
    for (cell_result& cell : contest_at(in_flight)) cells.push_back(std::move(cell));
  const results value = results_for_test(std::move(cells));
  EXPECT_DOUBLE_EQ(autocorrelation_of(value).information, 12 * 8);
  const contest in_run = contests_of(value).at(0);
  EXPECT_DOUBLE_EQ(in_run.models[1].to_best->ratio, alone.models[1].to_best->ratio);
  EXPECT_GT(in_run.models[1].to_best->lower, alone.models[1].to_best->lower);
}

TEST(contests, scattered_blocks_separate_nothing_and_want_more) {
  const contest c =
      contest_between({cell_for_test("event_loop", 2, 64, around(100'000, 8, 0.4, 1)),
                       cell_for_test("offload", 2, 64, around(98'000, 8, 0.4, 2)),
                       cell_for_test("thread_pool", 2, 64, around(5'000, 8, 0.002, 3))});
  EXPECT_EQ(c.verdict, contest_verdict::cannot_tell);
  EXPECT_EQ(c.why, verdict_reason::scatter);
  EXPECT_EQ(leading(c).size(), 2u);
  ASSERT_TRUE(c.blocks_wanted);
  EXPECT_GT(*c.blocks_wanted, 8u);
  EXPECT_FALSE(c.is_decided());
}

TEST(contests, few_blocks_separate_nothing) {
  const contest c =
      contest_between({cell_for_test("event_loop", 2, 64, around(100'000, 3, 0.002, 1)),
                       cell_for_test("thread_pool", 2, 64, around(50'000, 3, 0.002, 2))});
  EXPECT_EQ(c.verdict, contest_verdict::cannot_tell);
  EXPECT_EQ(c.why, verdict_reason::too_few_blocks);
  EXPECT_EQ(c.blocks, 3u);
  EXPECT_EQ(c.blocks_wanted, 8u);
}

TEST(contests, samples_without_block_numbers_are_not_paired) {
  auto value = results_for_test(
      {model_cell("event_loop", 100'000, 1), model_cell("thread_pool", 50'000, 2)});
  for (cell_result& cell : value.cells)
    for (sample& s : cell.samples) s.block.reset();
  const contest c = only_contest(value);
  EXPECT_EQ(c.verdict, contest_verdict::cannot_tell);
  EXPECT_EQ(c.why, verdict_reason::not_paired);
  EXPECT_EQ(c.blocks, 0u);
  EXPECT_FALSE(c.of_reference);
  EXPECT_FALSE(c.models[0].to_best);
  EXPECT_FALSE(c.blocks_wanted);
  EXPECT_EQ(models_in(c), (names{"event_loop", "thread_pool"}));
}

TEST(contests, block_that_one_model_misses_keeps_the_others) {
  auto value =
      results_for_test({model_cell("event_loop", 100'000, 1), model_cell("thread_pool", 50'000, 2),
                        model_cell("processes", 40'000, 3)});
  value.cells[2].samples.erase(value.cells[2].samples.begin() + 3);
  const contest c = only_contest(value);
  EXPECT_EQ(c.verdict, contest_verdict::best);
  EXPECT_EQ(c.blocks, 8u);
}

TEST(contests, models_measured_in_parts_are_compared_through_reference) {
  auto value =
      results_for_test({model_cell("event_loop", 100'000, 1), model_cell("thread_pool", 50'000, 2),
                        model_cell("reference", 110'000, 3)});
  for (sample& s : value.cells[1].samples) *s.block += 8;
  const auto more = model_cell("reference", 110'000, 4).samples;
  for (sample s : more) {
    *s.block += 8;
    value.cells[2].samples.push_back(s);
  }
  const contest c = only_contest(value);
  EXPECT_EQ(c.verdict, contest_verdict::best);
  EXPECT_EQ(leading(c), names{"event_loop"});
  EXPECT_EQ(c.blocks, 16u);
}

TEST(contests, ceiling_caps_all_and_cost_ranks) {
  auto value =
      results_for_test({model_cell("thread_pool", 6'390, 1), model_cell("event_loop", 6'395, 2),
                        model_cell("processes", 6'380, 3)});
  for (cell_result& cell : value.cells) cell.ceiling = 6'400;
  for (sample& s : value.cells[1].samples) s.cpu_user_s = 0.01;
  for (cell_result& cell : value.cells)
    for (sample& s : cell.samples) s.peak_rss_bytes = 7'000'000;
  contest c = only_contest(value);
  EXPECT_EQ(c.verdict, contest_verdict::capped);
  EXPECT_EQ(c.why, verdict_reason::ceiling);
  EXPECT_EQ(leading(c), names{"event_loop"});
  EXPECT_EQ(c.models.front().model, "event_loop");
  EXPECT_FALSE(c.models.front().shown);
  for (sample& s : value.cells[0].samples) s.cpu_user_s = 0.01;
  for (sample& s : value.cells[0].samples) s.peak_rss_bytes = 60'000'000;
  EXPECT_EQ(leading(only_contest(value)), names{"event_loop"}) << "of equal CPU, least memory";
  for (sample& s : value.cells[2].samples) s.operations /= 2;
  EXPECT_NE(only_contest(value).verdict, contest_verdict::capped);
}

TEST(contests, arrival_rate_caps_an_open_loop) {
  auto value =
      results_for_test({model_cell("thread_pool", 1'000, 1), model_cell("event_loop", 1'000, 2)});
  for (cell_result& cell : value.cells)
    for (sample& s : cell.samples) {
      s.rate = 1'000;
      s.latency = latency_distribution{};
      s.latency->bins = {{1000, 1001, 50}};
      s.latency->max_ns = 1000;
    }
  const contest c = only_contest(value);
  EXPECT_EQ(c.why, verdict_reason::rate);
  EXPECT_EQ(c.rate, 1'000);
  EXPECT_TRUE(c.models[0].p99_s);
  for (sample& s : value.cells[0].samples) s.rate = 2'000;
  EXPECT_EQ(contests_of(value).size(), 2u) << "another rate is another contest";
}

TEST(contests, closed_loop_has_no_percentile) {
  auto value = results_for_test({model_cell("event_loop", 1'000)});
  for (sample& s : value.cells[0].samples) {
    s.latency = latency_distribution{};
    s.latency->bins = {{1000, 1001, 50}};
  }
  EXPECT_FALSE(only_contest(value).models[0].p99_s);
}

TEST(contests, no_model_is_ranked_if_the_server_limits_all) {
  auto value =
      results_for_test({model_cell("event_loop", 100'000, 1), model_cell("thread_pool", 50'000, 2),
                        model_cell("reference", 110'000, 3)});
  add_finding(value.cells[0], "server_bound");
  EXPECT_EQ(only_contest(value).verdict, contest_verdict::best) << "only one is limited";
  add_finding(value.cells[1], "server_bound");
  const contest c = only_contest(value);
  EXPECT_EQ(c.verdict, contest_verdict::capped);
  EXPECT_EQ(c.why, verdict_reason::server_bound);
  EXPECT_TRUE(leading(c).empty());
  EXPECT_FALSE(c.models[0].shown || c.models[1].shown || c.of_reference);
}

TEST(contests, finding_of_every_model_is_shared) {
  auto value = results_for_test(
      {model_cell("event_loop", 100'000, 1), model_cell("thread_pool", 50'000, 2)});
  for (cell_result& cell : value.cells) add_finding(cell, "shared_cores");
  for (cell_result& cell : value.cells) add_finding(cell, "server_bound");
  add_finding(value.cells[1], "steal");
  EXPECT_EQ(only_contest(value).shared_findings, names{"shared_cores"});
  value.cells.pop_back();
  EXPECT_TRUE(only_contest(value).shared_findings.empty()) << "one model compares with nothing";
}

TEST(contests, model_with_errors_is_shown_and_never_best) {
  auto value =
      results_for_test({model_cell("event_loop", 100'000, 1), model_cell("thread_pool", 200'000, 2),
                        model_cell("processes", 50'000, 3)});
  add_finding(value.cells[1], "errors");
  const contest c = only_contest(value);
  EXPECT_EQ(leading(c), names{"event_loop"});
  EXPECT_EQ(models_in(c), (names{"event_loop", "processes", "thread_pool"}));
  EXPECT_TRUE(c.models[2].has_errors);
  EXPECT_FALSE(c.models[2].shown);
}

TEST(contests, failed_model_is_left_out_and_named) {
  auto value =
      results_for_test({model_cell("event_loop", 100'000, 1), model_cell("thread_pool", 200'000, 2),
                        model_cell("processes", 50'000, 3)});
  value.cells[1].status = cell_status::failed;
  const contest c = only_contest(value);
  EXPECT_EQ(leading(c), names{"event_loop"});
  EXPECT_EQ(c.failed, std::vector<std::size_t>{1});
  for (cell_result& cell : value.cells) cell.status = cell_status::failed;
  const contest none = only_contest(value);
  EXPECT_EQ(none.verdict, contest_verdict::cannot_tell);
  EXPECT_EQ(none.why, verdict_reason::no_model);
  for (cell_result& cell : value.cells) cell.status = cell_status::skipped;
  EXPECT_TRUE(contests_of(value).empty());
}

TEST(contests, single_model_has_a_figure_and_no_verdict) {
  const contest c =
      contest_between({model_cell("event_loop", 100'000, 1), model_cell("reference", 110'000, 2)});
  EXPECT_EQ(c.verdict, contest_verdict::single);
  EXPECT_FALSE(c.is_decided());
  EXPECT_TRUE(c.of_reference);
  EXPECT_NEAR(*c.models[0].throughput, 100'000, 500);
}

TEST(contests, reference_is_not_a_contender_with_or_without_parameters) {
  EXPECT_TRUE(contests_of(results_for_test({model_cell("reference", 100'000)})).empty());
  const contest c = contest_between(
      {model_cell("reference:backend=poll", 90'000, 1), model_cell("reference", 110'000, 2),
       model_cell("reference:backend=epoll", 95'000, 3), model_cell("event_loop", 80'000, 1),
       model_cell("thread_pool", 50'000, 2)});
  EXPECT_EQ(models_in(c), (names{"event_loop", "thread_pool"}));
  EXPECT_EQ(c.reference, 1u);
}

TEST(contests, shared_loop_on_one_core_is_event_loop) {
  const auto between = [](std::uint32_t cores) {
    return contest_between({model_cell("event_loop", 100'000, 1, cores),
                            model_cell("shared_loop", 100'000, 2, cores),
                            model_cell("thread_pool", 50'000, 3, cores)});
  };
  EXPECT_EQ(models_in(between(1)), (names{"event_loop", "thread_pool"}));
  EXPECT_EQ(between(2).models.size(), 3u);
  EXPECT_EQ(contest_between({model_cell("shared_loop", 1'000, 1, 1)}).models.size(), 1u);
}

TEST(contests, other_in_flight_is_another_contest) {
  const auto contests = contests_of(
      results_for_test({cell_for_test("event_loop", 2, 64, around(1000, 8, 0.002, 1)),
                        cell_for_test("thread_pool", 2, 512, around(1000, 8, 0.002, 1))}));
  ASSERT_EQ(contests.size(), 2u);
  EXPECT_EQ(contests[0].verdict, contest_verdict::single);
  EXPECT_EQ(contests[1].verdict, contest_verdict::single);
}

TEST(contests, foreign_file_has_none) {
  auto value = results_for_test({model_cell("", 1'000, 1), model_cell("", 900, 2)});
  value.foreign = true;
  EXPECT_TRUE(contests_of(value).empty());
}

}  // namespace
}  // namespace crossover
