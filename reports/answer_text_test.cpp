#include "reports/answer_text.hpp"

#include <gtest/gtest.h>

#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

contest led_by_event_loop() {
  contest c;
  c.workload = "network";
  c.cores = 1;
  c.in_flight = 64;
  c.verdict = contest_verdict::best;
  c.models.emplace_back().model = "event_loop";
  c.models.front().shown = model_class::best;
  return c;
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
  const std::vector<contest> contests(4, led_by_event_loop());
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

TEST(answer_text, same_lead_everywhere_and_empty_for_a_single_point) {
  const std::vector<contest> contests(2, led_by_event_loop());
  leadership found;
  found.ranges = {{1, 64, {1}}};
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::in_flight, found, {0, 1}), contests),
            "On 1 core: event_loop from 1 in flight to 64 in flight.");
  found.ranges = {{1, 1, {1}}};
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::in_flight, found, {0, 1}), contests), "");
  EXPECT_EQ(sentence_of(series_for_test(leader_axis::in_flight, {}, {0, 1}), contests), "");
}

TEST(answer_text, change_of_the_lead_along_the_cpu_share) {
  std::vector<contest> contests(2, led_by_event_loop());
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

TEST(answer_text, finding_of_every_model_is_reported_once) {
  answer_set all;
  all.contests = {led_by_event_loop(), led_by_event_loop()};
  all.shared_remarks = {{{"shared_cores", "the server ran on the cell's cores"}, {}, 2}};
  EXPECT_EQ(run_sentences(all),
            std::vector<std::string>{"shared_cores affects every model equally in 2 of 2 contests: "
                                     "the server ran on the cell's cores."});
}

TEST(answer_text, the_lead_is_counted_over_decided_contests) {
  answer_set all;
  EXPECT_EQ(leading_text(all), "");
  all.contests.assign(4, led_by_event_loop());
  all.contests[3].models.front().model = "thread_pool";
  all.questions = 5;
  EXPECT_EQ(leading_text(all), "No question is decided yet.");
  all.decided = 4;
  EXPECT_EQ(leading_text(all),
            "event_loop leads or is equivalent in 3 of 5 questions, thread_pool in 1.");
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
