#include "reports/timeline.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

constexpr auto in = switch_kind::in, waits = switch_kind::waits, preempted = switch_kind::preempted;
constexpr auto running = trace_mark::running, idle = trace_mark::idle, begun = trace_mark::begun,
               ended = trace_mark::ended, failed = trace_mark::failed;

/// Two threads on CPU 0, one lane each. Thread 11 is preempted during its first operation, thread
/// 12 waits during its own.
run_trace two_threads() {
  run_trace t;
  t.begin_ns = 1000;
  t.end_ns = 2000;
  t.switches = {{900, 0, 11, in},     {1300, 0, 11, preempted}, {1310, 0, 12, in},
                {1500, 0, 12, waits}, {1520, 0, 11, in},        {1800, 0, 11, waits},
                {1850, 0, 12, in},    {1990, 0, 12, waits}};
  t.threads = {
      {11, 0, {{1010, 0, running}, {1600, 0, ended}, {1780, 0, ended}, {1790, no_lane, idle}}},
      {12, 0, {{1320, 1, running}, {1950, 1, ended}, {1960, no_lane, idle}}}};
  return t;
}

void expect_no_overlap(const run_timeline& timeline) {
  for (std::size_t i = 1; i < timeline.slices.size(); ++i) {
    const core_slice &a = timeline.slices[i - 1], &b = timeline.slices[i];
    EXPECT_TRUE(a.cpu != b.cpu || a.end_ns <= b.begin_ns);
  }
}

void expect_phases_fill(const run_timeline& timeline) {
  for (const traced_operation& o : timeline.operations) {
    std::int64_t at = o.begin_ns;
    for (const operation_phase& p : o.phases) {
      EXPECT_EQ(p.begin_ns, at);
      EXPECT_LT(p.begin_ns, p.end_ns);
      at = p.end_ns;
    }
    EXPECT_EQ(at, o.end_ns);
  }
}

TEST(timeline, distinguishes_preempted_from_waiting_threads) {
  const run_timeline t = timeline_of(two_threads());
  expect_no_overlap(t);
  expect_phases_fill(t);
  ASSERT_EQ(t.operations.size(), 3U);
  const traced_operation& first = t.operations[0];
  EXPECT_EQ(first.lane, 0U);
  EXPECT_EQ(first.begin_ns, 0);
  EXPECT_EQ(first.end_ns, 600);
  // It waits until a thread runs its lane. Then it runs, is preempted, and runs again.
  ASSERT_EQ(first.phases.size(), 4U);
  EXPECT_EQ(first.phases[0].kind, phase_kind::waits);
  EXPECT_EQ(first.phases[1].kind, phase_kind::on_cpu);
  EXPECT_EQ(first.phases[1].end_ns, 300);
  EXPECT_EQ(first.phases[2].kind, phase_kind::preempted);
  EXPECT_EQ(first.phases[2].end_ns, 520);
  EXPECT_EQ(first.phases[3].kind, phase_kind::on_cpu);
  const traced_operation& other = t.operations[2];
  EXPECT_EQ(other.lane, 1U);
  ASSERT_EQ(other.phases.size(), 4U);
  EXPECT_EQ(other.phases[1].kind, phase_kind::on_cpu);
  EXPECT_EQ(other.phases[2].kind, phase_kind::waits);  // it left its CPU voluntarily
  EXPECT_EQ(other.phases[3].end_ns, 950);
}

TEST(timeline, has_no_operation_that_ends_after_the_sample) {
  run_trace trace = two_threads();
  trace.end_ns = 1940;
  const run_timeline t = timeline_of(trace);
  ASSERT_EQ(t.operations.size(), 2U);
  EXPECT_EQ(t.operations[1].end_ns, 780);
}

TEST(timeline, slices_add_up_to_cpu_time) {
  const run_timeline t = timeline_of(two_threads());
  std::int64_t sum = 0;
  for (const core_slice& s : t.slices) sum += s.end_ns - s.begin_ns;
  EXPECT_EQ(sum, 300 + 190 + 280 + 140);  // time between the switches, from the start of the run
}

TEST(timeline, starts_a_new_slice_at_the_end_of_an_operation) {
  const run_timeline t = timeline_of(two_threads());
  std::vector<std::uint64_t> numbers;
  for (const core_slice& s : t.slices)
    if (s.lane == 0U) numbers.push_back(*s.operation);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{0, 0, 1}));
}

TEST(timeline, follows_a_coroutine_to_another_thread) {
  run_trace t;
  t.begin_ns = 0;
  t.end_ns = 1000;
  // Neither thread ever left its CPU, so there are no switch records.
  t.threads = {{21, 0, {{0, 5, running}, {100, no_lane, idle}}},
               {22, 3, {{600, 5, running}, {700, 5, ended}, {710, no_lane, idle}}}};
  const run_timeline timeline = timeline_of(t);
  expect_no_overlap(timeline);
  expect_phases_fill(timeline);
  ASSERT_EQ(timeline.operations.size(), 1U);
  ASSERT_EQ(timeline.operations[0].phases.size(), 3U);
  EXPECT_EQ(timeline.operations[0].phases[0].cpu, 0);
  EXPECT_EQ(timeline.operations[0].phases[1].kind, phase_kind::waits);
  EXPECT_EQ(timeline.operations[0].phases[2].cpu, 3);
  EXPECT_EQ(timeline.operations[0].phases[2].begin_ns, 600);
}

TEST(timeline, open_loop_operation_begins_at_its_begin_mark) {
  run_trace t;
  t.begin_ns = 0;
  t.end_ns = 100;
  t.threads = {
      {1, 0, {{0, 0, running}, {40, 0, begun}, {50, 0, ended}, {80, 0, begun}, {90, 0, failed}}}};
  const run_timeline timeline = timeline_of(t);
  ASSERT_EQ(timeline.operations.size(), 2U);
  EXPECT_EQ(timeline.operations[0].begin_ns, 40);
  EXPECT_EQ(timeline.operations[1].begin_ns, 80);
  EXPECT_FALSE(timeline.operations[0].failed);
  EXPECT_TRUE(timeline.operations[1].failed);
}

TEST(timeline, thread_without_points_is_the_models_own_work) {
  run_trace t;
  t.begin_ns = 0;
  t.end_ns = 100;
  t.switches = {{10, 1, 7, in}, {60, 1, 7, waits}};
  const run_timeline timeline = timeline_of(t);
  ASSERT_EQ(timeline.slices.size(), 1U);
  EXPECT_FALSE(timeline.slices[0].lane);
  EXPECT_EQ(timeline.slices[0].end_ns - timeline.slices[0].begin_ns, 50);
}

TEST(timeline, thread_that_ends_leaves_its_cpu_at_its_last_point) {
  run_trace t;
  t.begin_ns = 0;
  t.end_ns = 1000;
  t.switches = {{10, 0, 7, in}, {60, 0, 8, in}};
  t.threads = {{7, 0, {{20, 0, running}, {40, 0, ended}, {50, no_lane, idle}}},
               {8, 0, {{70, 0, running}, {90, 0, ended}, {95, no_lane, idle}}}};
  const run_timeline timeline = timeline_of(t);
  expect_no_overlap(timeline);
  expect_phases_fill(timeline);
  EXPECT_EQ(timeline.slices.back().end_ns, 95);
}

TEST(timeline, empty_trace_gives_empty_timeline) {
  const run_timeline timeline = timeline_of({});
  EXPECT_TRUE(timeline.slices.empty());
  EXPECT_TRUE(timeline.operations.empty());
}

TEST(trace_events, are_valid_json_with_track_names_and_totals) {
  cell_result cell;
  cell.name = "x</script>\"\xff";
  cell.model = "threads";
  sample traced;
  traced.operations = 3;
  traced.wall_s = 1e-6;
  traced.cpu_user_s = 9e-7;
  const auto document = nlohmann::json::parse(trace_events(two_threads(), cell, traced));
  EXPECT_EQ(document["otherData"]["operations"], 3);
  EXPECT_EQ(document["otherData"]["cpu_s"], 9e-7);
  EXPECT_FALSE(document["otherData"].contains("voluntary_switches"));
  int operations = 0, named = 0;
  for (const auto& e : document["traceEvents"]) {
    if (e["ph"] == "M") {
      named += e["name"] == "thread_name" ? 1 : 0;
      continue;
    }
    EXPECT_EQ(e["ph"], "X");
    EXPECT_GE(e["ts"], 0);
    EXPECT_GT(e["dur"], 0);
    if (e["pid"] == 2 && e["cat"] == "operation") ++operations;
  }
  EXPECT_EQ(operations, 3);
  EXPECT_EQ(named, 3);  // one CPU, two lanes
}

TEST(run_trace, round_trips_through_json) {
  const run_trace before = two_threads();
  const run_trace after = trace_from_json(to_json(before));
  EXPECT_EQ(to_json(after), to_json(before));
  EXPECT_EQ(after.threads.size(), 2U);
  EXPECT_EQ(after.switches[1].kind, preempted);
}

TEST(run_trace, rejects_malformed_json) {
  const char* const unknown_mark = R"({"begin_ns":1,"end_ns":2,"switches":[],)"
                                   R"("threads":[{"thread":1,"cpu":0,"points":[[1,0,77]]}]})";
  for (const char* text :
       {"{}", "[]", "3", R"({"begin_ns":1,"end_ns":2,"switches":[[1,2]],"threads":[]})",
        R"({"begin_ns":1,"end_ns":2,"switches":[[1,2,3,9]],"threads":[]})", unknown_mark})
    EXPECT_THROW(trace_from_json(nlohmann::json::parse(text)), error) << text;
}

}  // namespace
}  // namespace crossover
