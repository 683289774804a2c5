#include "reports/answer_text.hpp"

#include <gtest/gtest.h>

#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

contender standing(std::string model, std::optional<model_class> shown, double throughput) {
  contender c;
  c.model = std::move(model);
  c.shown = shown;
  c.throughput = throughput;
  return c;
}

contender slower_one(std::string model, double at_least) {
  contender c = standing(std::move(model), model_class::slower, 50'000);
  c.slower_by_at_least = at_least;
  return c;
}

contest with_verdict(contest_verdict verdict, std::vector<contender> models,
                     verdict_reason why = verdict_reason::intervals) {
  contest c;
  c.workload = "network";
  c.cores = 1;
  c.in_flight = 64;
  c.verdict = verdict;
  c.why = why;
  c.models = std::move(models);
  c.blocks = 8;
  return c;
}

contest decided_contest() {
  contest c = with_verdict(contest_verdict::best,
                           {standing("event_loop", model_class::best, 104'000),
                            standing("shared_loop", model_class::equivalent, 100'000),
                            slower_one("thread_pool", 0.3874), slower_one("fibers", 0.0123)});
  c.of_reference = {0.93, 0.91, 0.95};
  return c;
}

TEST(answer_text, best_model_with_the_distance_of_the_others) {
  const contest c = decided_contest();
  EXPECT_EQ(verdict_text(c), "event_loop is best");
  EXPECT_EQ(
      sentence_of({}, c),
      "event_loop is best, with 104 k/s. shared_loop slower, but within 5 %; thread_pool at least "
      "38 % slower; fibers at least 1.2 % slower. event_loop reaches 0.93 (0.91 to 0.95) of "
      "reference.");
}

TEST(answer_text, equivalent_models) {
  contest c = with_verdict(contest_verdict::equivalent,
                           {standing("event_loop", model_class::equivalent, 104'000),
                            standing("shared_loop", model_class::equivalent, 103'000)});
  EXPECT_EQ(verdict_text(c), "all equivalent within 5 %");
  EXPECT_EQ(sentence_of({}, c),
            "event_loop and shared_loop are equivalent within 5 %, with 104 k/s.");
  c.models.push_back(slower_one("thread_pool", 0.38));
  c.equal = 0.025;
  EXPECT_EQ(verdict_text(c), "event_loop and shared_loop, equivalent");
  EXPECT_EQ(
      sentence_of({}, c),
      "event_loop and shared_loop are equivalent within 2.5 %, with 104 k/s. thread_pool at least "
      "38 % slower.");
}

TEST(answer_text, capped_by_the_ceiling) {
  contest c = with_verdict(
      contest_verdict::capped,
      {standing("event_loop", std::nullopt, 6'400), standing("thread_pool", std::nullopt, 6'390)},
      verdict_reason::ceiling);
  c.ceiling = 6'400;
  c.models[0].cheapest = true;
  c.models[0].cpu_s = 1.4e-6;
  EXPECT_EQ(verdict_text(c), "capped at 6.4 k/s");
  EXPECT_EQ(sentence_of({}, c),
            "Every model reaches the ceiling of 6.4 k/s. event_loop needs the least CPU, 1.4 µs "
            "per operation.");
  c.models[0].cheapest = false;
  EXPECT_EQ(sentence_of({}, c), "Every model reaches the ceiling of 6.4 k/s.");
}

TEST(answer_text, capped_by_the_arrival_rate_compares_response_times) {
  contest c = with_verdict(
      contest_verdict::capped,
      {standing("event_loop", std::nullopt, 1'000), standing("thread_pool", std::nullopt, 1'000)},
      verdict_reason::rate);
  c.rate = c.ceiling = 1'000;
  c.models[0].p99_s = 0.0011;
  c.models[1].p99_s = 0.002;
  EXPECT_EQ(verdict_text(c), "capped at the rate of 1 k/s");
  EXPECT_EQ(sentence_of({}, c),
            "Every model keeps up with the rate of 1 k/s. Response time p99 at 1 k/s: event_loop "
            "1.1 ms, thread_pool 2 ms.");
}

TEST(answer_text, limited_by_the_server) {
  const contest c = with_verdict(
      contest_verdict::capped,
      {standing("event_loop", std::nullopt, 6'400), standing("thread_pool", std::nullopt, 390)},
      verdict_reason::server_bound);
  EXPECT_EQ(verdict_text(c), "limited by the server");
  EXPECT_EQ(sentence_of({}, c),
            "Limited by the server: no model is ranked. More CPUs for the server would help.");
}

TEST(answer_text, not_separated_models_with_the_blocks_that_are_missing) {
  contest c = with_verdict(
      contest_verdict::cannot_tell,
      {standing("event_loop", model_class::not_separated, 104'000),
       standing("offload", model_class::not_separated, 103'000), slower_one("thread_pool", 0.26)},
      verdict_reason::scatter);
  EXPECT_EQ(verdict_text(c), "event_loop or offload, not separated");
  EXPECT_EQ(sentence_of({}, c),
            "Cannot tell whether event_loop or offload is best. thread_pool at least 26 % slower.");
  c.blocks_wanted = 20;
  EXPECT_EQ(sentence_of({}, c),
            "Cannot tell whether event_loop or offload is best; about 12 more blocks would. "
            "thread_pool at least 26 % slower.");
}

TEST(answer_text, too_few_and_unpaired_blocks) {
  contest c = with_verdict(contest_verdict::cannot_tell,
                           {standing("event_loop", model_class::not_separated, 104'000),
                            standing("offload", model_class::not_separated, 103'000)},
                           verdict_reason::too_few_blocks);
  c.blocks = 2;
  EXPECT_EQ(verdict_text(c), "cannot tell from 2 blocks");
  EXPECT_EQ(sentence_of({}, c), "Cannot tell from 2 blocks; at least 6 are needed.");
  c.why = verdict_reason::not_paired;
  EXPECT_EQ(verdict_text(c), "cannot tell: not measured in turns");
  EXPECT_EQ(sentence_of({}, c),
            "Cannot tell, because the models were measured one after the other: their blocks are "
            "not paired.");
}

TEST(answer_text, single_failed_and_erroneous_models) {
  const auto value = results_for_test({cell_for_test("processes", 1, 64, {1})});
  contest c = with_verdict(contest_verdict::single, {standing("event_loop", std::nullopt, 104'000)},
                           verdict_reason::one_model);
  EXPECT_EQ(verdict_text(c), "only event_loop measured");
  c.failed = {0};
  c.models.push_back(standing("thread_pool", std::nullopt, 200'000));
  c.models[1].has_errors = true;
  EXPECT_EQ(
      sentence_of(value, c),
      "Only event_loop was measured, with 104 k/s. thread_pool is not ranked, because operations "
      "failed; processes failed.");
  const contest none = [&] {
    contest without = with_verdict(contest_verdict::cannot_tell, {}, verdict_reason::no_model);
    without.failed = {0};
    return without;
  }();
  EXPECT_EQ(verdict_text(none), "no result");
  EXPECT_EQ(sentence_of(value, none), "No result. processes failed.");
}

TEST(answer_text, questions_have_values_with_their_units) {
  EXPECT_EQ(question_text("sleep", {{"delay", "10ms"}}), "sleep 10 ms");
  EXPECT_EQ(question_text("network", {{"bytes", "64"}, {"delay", "0"}}), "network 64 B");
  EXPECT_EQ(question_text("download", {{"bytes", "16KiB"}, {"delay", "1ms"}}),
            "download 16 KiB, 1 ms delay");
  EXPECT_EQ(question_text("mixed", {{"cpu", "100us"}, {"wait", "1ms"}}),
            "mixed 100 µs CPU, 1 ms wait");
  EXPECT_EQ(question_text("query", {{"engine", "sqlite"}, {"rows", "10"}}),
            "query sqlite, rows=10");
  EXPECT_EQ(question_text("network", {{"rate", "1000"}}), "network 1000 /s");
  EXPECT_EQ(question_text("noop", {}), "noop");
}

leader_series series_for_test(leader_axis along, leadership found,
                              std::vector<std::size_t> contests) {
  leader_series series;
  series.along = along;
  series.found = std::move(found);
  series.contests = std::move(contests);
  series.models = {"serial", "event_loop", "fibers"};
  return series;
}

TEST(answer_text, change_of_the_lead_along_an_axis) {
  const std::vector<contest> contests(4, decided_contest());
  leadership found;
  found.ranges = {{1, 1, {0}}, {8, 512, {1, 2}}};
  found.crossings = {{1, 8, {0}, {1, 2}}};
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::in_flight, found, {0, 1, 2}), contests),
            "On 1 core: serial at 1 in flight; event_loop and fibers from 8 in flight on. The lead "
            "changes between 1 in flight and 8 in flight.");
  found.ranges[0] = {1, 2, {0}};
  found.undecided = 1;
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::cores, found, {0, 1, 2, 3}), contests),
            "With 64 in flight: serial up to 2 cores; event_loop and fibers from 8 cores on. The "
            "lead changes between 1 core and 8 cores. 1 of 4 contests decides nothing.");
}

TEST(answer_text, same_lead_everywhere_and_nothing_to_tell) {
  const std::vector<contest> contests(2, decided_contest());
  leadership found;
  found.ranges = {{1, 64, {1}}};
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::in_flight, found, {0, 1}), contests),
            "On 1 core: event_loop from 1 in flight to 64 in flight.");
  found.ranges = {{1, 1, {1}}};
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::in_flight, found, {0, 1}), contests), "");
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::in_flight, {}, {0, 1}), contests), "");
}

TEST(answer_text, change_of_the_lead_along_the_cpu_share) {
  std::vector<contest> contests(2, decided_contest());
  contests[0].workload = contests[1].workload = "mixed";
  contests[0].parameters = {{"cpu", "10us"}, {"wait", "990us"}};
  contests[1].parameters = {{"cpu", "1ms"}, {"wait", "1ms"}};
  leadership found;
  found.ranges = {{0.01, 0.01, {1}}, {0.5, 0.5, {2}}};
  found.crossings = {{0.01, 0.5, {1}, {2}}};
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::cpu_share, found, {0, 1}), contests),
            "mixed on 1 core, 64 in flight: event_loop at 1 % CPU; fibers at 50 % CPU. The "
            "lead changes between 1 % CPU and 50 % CPU.");
}

TEST(answer_text, line_of_a_panel_has_the_change_or_the_verdict) {
  answer_set all;
  all.contests = {decided_contest(), decided_contest()};
  all.contests[1].cores = 2;
  answer a;
  a.contests = {0, 1};
  a.headline = 1;
  EXPECT_EQ(line_of(all, a), "event_loop is best");
  all.contests[0].verdict = contest_verdict::equivalent;
  EXPECT_EQ(line_of(all, a), "event_loop is best (2 cores, 64 in flight)");
  leadership found;
  found.ranges = {{1, 1, {0}}, {2, 2, {1}}};
  found.crossings = {{1, 2, {0}, {1}}};
  all.leaders = {series_for_test(leader_axis::cores, found, {0, 1})};
  a.leaders = {0};
  EXPECT_EQ(line_of(all, a), "serial at 1 core; event_loop at 2 cores");
}

TEST(answer_text, finding_of_every_model_is_said_once) {
  answer_set all;
  all.contests = {decided_contest(), decided_contest()};
  all.shared_remarks = {{{"shared_cores", "the server ran on the cell's cores"}, {}, 2}};
  EXPECT_EQ(run_sentences(all),
            std::vector<std::string>{"shared_cores affects every model alike in 2 of 2 contests: "
                                     "the server ran on the cell's cores."});
}

TEST(answer_text, panel_has_sentence_cost_and_remarks) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 64, around(100'000, 8, 0.002, 1)),
                                 cell_for_test("thread_pool", 1, 64, around(50'000, 8, 0.002, 2))});
  value.cells[1].findings = {{"steal", "the hypervisor took 4 %"}};
  const auto panels = panels_of(value);
  const auto all = answers_of(value, panels);
  const answer_text text = text_of(value, panels[0], all, all.answers[0]);
  EXPECT_EQ(text.headline, "event_loop is best");
  EXPECT_EQ(text.sentence.rfind("1 core, 64 in flight: event_loop is best, with 100 k/s.", 0), 0u)
      << text.sentence;
  EXPECT_EQ(text.details, std::vector<std::string>{"event_loop: 5 µs of CPU per operation"});
  EXPECT_EQ(text.caveats, std::vector<std::string>{"thread_pool: steal (the hypervisor took 4 %)"});
}

TEST(answer_text, panel_without_figures_has_its_reason) {
  auto value = results_for_test({cell_for_test("reference", 1, 64, {1'000})});
  const auto text = [&] {
    const auto panels = panels_of(value);
    const auto all = answers_of(value, panels);
    return text_of(value, panels[0], all, all.answers[0]).sentence;
  };
  EXPECT_EQ(text(), "Only reference was measured.");
  value.cells[0].status = cell_status::skipped;
  EXPECT_EQ(text(), "No result for network bytes=64: 1 cell skipped, 0 failed.");
}

}  // namespace
}  // namespace crossover
