#include "reports/contest_text.hpp"

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

TEST(contest_text, best_model_with_the_distance_of_the_others) {
  const contest c = decided_contest();
  EXPECT_EQ(verdict_text(c), "event_loop is best");
  EXPECT_EQ(
      sentence_of({}, c),
      "event_loop is best, with 104 k/s. shared_loop slower, but within 5 %; thread_pool at least "
      "38 % slower; fibers at least 1.2 % slower. event_loop reaches 0.93 (0.91 to 0.95) of "
      "reference.");
}

TEST(contest_text, equivalent_models) {
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

TEST(contest_text, capped_by_the_ceiling) {
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

TEST(contest_text, capped_by_the_arrival_rate_compares_response_times) {
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

TEST(contest_text, limited_by_the_server) {
  const contest c = with_verdict(
      contest_verdict::capped,
      {standing("event_loop", std::nullopt, 6'400), standing("thread_pool", std::nullopt, 390)},
      verdict_reason::server_bound);
  EXPECT_EQ(verdict_text(c), "limited by the server");
  EXPECT_EQ(sentence_of({}, c),
            "Limited by the server: no model is ranked. More CPUs for the server would help.");
}

TEST(contest_text, not_separated_models_with_the_blocks_that_are_missing) {
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

TEST(contest_text, too_few_and_unpaired_blocks) {
  contest c = with_verdict(contest_verdict::cannot_tell,
                           {standing("event_loop", model_class::not_separated, 104'000),
                            standing("offload", model_class::not_separated, 103'000)},
                           verdict_reason::too_few_blocks);
  c.blocks = 2;
  EXPECT_EQ(verdict_text(c), "cannot tell from 2 blocks");
  EXPECT_EQ(sentence_of({}, c), "Cannot tell from 2 blocks; at least 6 are needed.");
  c.why = verdict_reason::not_paired;
  EXPECT_EQ(verdict_text(c), "cannot tell: models did not take turns");
  EXPECT_EQ(
      sentence_of({}, c),
      "Cannot tell, because the models were measured sequentially: their blocks are not paired.");
}

TEST(contest_text, single_failed_and_erroneous_models) {
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

TEST(contest_text, questions_have_values_with_their_units) {
  EXPECT_EQ(question_text("sleep", {{"delay", "10ms"}}), "sleep 10 ms");
  EXPECT_EQ(question_text("network", {{"bytes", "64"}, {"delay", "0"}}), "network 64 B");
  EXPECT_EQ(question_text("hashing", {{"algorithm", "sha256"}, {"bytes", "64KiB"}}),
            "hashing 64 KiB");
  EXPECT_EQ(question_text("hashing", {{"algorithm", "sha1"}, {"bytes", "64KiB"}}),
            "hashing sha1, 64 KiB");
  EXPECT_EQ(question_text("download", {{"bytes", "16KiB"}, {"delay", "1ms"}}),
            "download 16 KiB, 1 ms delay");
  EXPECT_EQ(question_text("mixed", {{"cpu", "100us"}, {"wait", "1ms"}}),
            "mixed 100 µs CPU, 1 ms wait");
  EXPECT_EQ(question_text("query", {{"engine", "sqlite"}, {"rows", "10"}}),
            "query sqlite, rows=10");
  EXPECT_EQ(question_text("network", {{"rate", "1000"}}), "network 1000 /s");
  EXPECT_EQ(question_text("network", {{"bytes", "64"}, {"endpoint", "db:80"}}),
            "network 64 B, at db:80");
  EXPECT_EQ(question_text("download", {{"url", "http://db/x"}}), "download http://db/x");
  EXPECT_EQ(question_text("noop", {}), "noop");
}

TEST(contest_text, interval_of_a_ratio_has_few_digits) {
  EXPECT_EQ(ratio_range_text(ratio_to_best{0.93, 0.91, 0.95}), "0.91 – 0.95");
  EXPECT_EQ(ratio_range_text(ratio_to_best{0.9, 0.4, 1e9}), "over 0.40");
  EXPECT_EQ(ratio_range_text(ratio_to_best{0.9, 1e-9, 1e9}), "–");
  EXPECT_EQ(ratio_range_text(ratio_to_best{0.9, 0, std::nullopt}), "–");
  EXPECT_EQ(ratio_range_text(std::nullopt), "–");
}

}  // namespace
}  // namespace crossover
