#include "bench/models/run/pace.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <set>
#include <thread>

namespace crossover {
namespace {

struct paced : ::testing::Test {
  latency_recorder latency{1}, service{1};
  worker_slot slot;
  tally worker{slot, latency, service, 0};
  run_control control;
  lane_pace pace;
  void SetUp() override { worker.begin(control); }
  /// Starts a run of `quota` operations; ~0: until `control` is over.
  bool begin(std::uint64_t quota) {
    control.operations = quota == ~std::uint64_t{0} ? 0 : quota;
    worker.begin(control);
    return pace.begin(control, 0, 1);
  }
  /// Runs operations until the driver stops; returns their number.
  int run_all(std::uint64_t quota) {
    int count = 0;
    for (bool more = begin(quota); more; more = pace.done(worker)) ++count;
    worker.end();
    return count;
  }
};

TEST(run_control, quotas_add_up_to_the_operations) {
  run_control control;
  for (const std::uint64_t operations : {1, 6, 7, 8, 1000}) {
    control.operations = operations;
    for (const std::uint32_t lanes : {1U, 2U, 7U, 64U}) {
      std::uint64_t sum = 0;
      for (std::uint32_t i = 0; i < lanes; ++i) {
        EXPECT_EQ(control.quota(i, lanes), operations / lanes + (i < operations % lanes ? 1 : 0));
        sum += control.quota(i, lanes);
      }
      EXPECT_EQ(sum, operations);
    }
  }
}

TEST(run_control, each_intended_start_is_claimed_once) {
  constexpr std::int64_t arrivals[] = {0, 10, 20, 30, 40};
  run_control control;
  control.start_ns = 1000;
  control.arrivals = arrivals;
  control.arrival_count = 5;
  std::set<std::int64_t> claimed;
  while (const auto intended = control.claim()) EXPECT_TRUE(claimed.insert(*intended).second);
  EXPECT_EQ(claimed, (std::set<std::int64_t>{1000, 1010, 1020, 1030, 1040}));
  EXPECT_FALSE(control.claim());
}

TEST(run_control, nothing_is_claimed_after_the_window) {
  constexpr std::int64_t arrivals[] = {0};
  run_control control;
  control.phase = run_phase::drain;
  control.arrivals = arrivals;
  control.arrival_count = 1;
  EXPECT_FALSE(control.claim());
}

TEST_F(paced, runs_exactly_the_quota) {
  for (const std::uint32_t interval : {1U, 2U, 8U, 1024U})
    for (const std::uint64_t quota : {1U, 2U, 7U, 100U, 3000U}) {
      control.sampling_interval = interval;
      const std::uint64_t before = slot.operations;
      EXPECT_EQ(run_all(quota), static_cast<int>(quota)) << interval;
      EXPECT_EQ(slot.operations - before, quota) << interval;
      latency.take();
    }
}

TEST_F(paced, a_lane_without_quota_does_not_begin) {
  control.operations = 1;
  EXPECT_FALSE(pace.begin(control, 1, 2));
}

TEST_F(paced, times_every_operation_by_default) {
  run_all(500);
  EXPECT_EQ(latency.take().count(), 500U);
}

TEST_F(paced, times_one_operation_in_the_sampling_interval) {
  control.sampling_interval = 8;
  run_all(8000);
  EXPECT_NEAR(static_cast<double>(latency.take().count()), 1000,
              100);  // six standard deviations
}

TEST_F(paced, a_slowed_down_lane_waits_after_each_operation_and_keeps_the_sampling_interval) {
  control.sampling_interval = 8;
  control.added_ns = 10'000;
  const std::int64_t start_ns = now_ns();
  EXPECT_EQ(run_all(800), 800);
  EXPECT_GE(now_ns() - start_ns, 800 * 10'000);
  EXPECT_NEAR(static_cast<double>(latency.take().count()), 100, 60);
}

TEST_F(paced, chooses_the_timed_operation_at_random) {
  // The first of two operations per lane waits in the queue longest, so it must not always be the
  // timed one.
  control.sampling_interval = 4;
  int timed = 0;
  for (int i = 0; i < 400; ++i) {
    run_all(2);
    timed += static_cast<int>(latency.take().count());
  }
  EXPECT_GT(timed, 0);
  EXPECT_LT(timed, 200);
}

TEST_F(paced, a_latency_covers_one_operation_only) {
  control.sampling_interval = 4;
  std::int64_t longest = 0, before = now_ns();
  for (bool more = begin(60); more;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::int64_t reported = now_ns();
    more = pace.done(worker);
    longest = std::max(longest, now_ns() - before);
    before = reported;
  }
  worker.end();
  const latency_distribution timed = latency.take();
  EXPECT_GT(timed.count(), 5U);
  EXPECT_LE(timed.max_ns, static_cast<std::uint64_t>(longest));
}

TEST_F(paced, the_end_of_the_window_ends_the_lane) {
  for (const std::uint32_t interval : {1U, 1024U}) {
    control.sampling_interval = interval;
    control.phase = run_phase::window;
    int count = 0;
    for (bool more = begin(~std::uint64_t{0}); more; more = pace.done(worker))
      if (++count == 5000) control.phase = run_phase::drain;
    EXPECT_GE(count, 5000);
    EXPECT_LE(count, 5000 + 2 * static_cast<int>(interval));
    worker.end();
    latency.take();
  }
}

TEST_F(paced, only_the_window_has_latencies_and_errors) {
  control.phase = run_phase::lead_in;
  bool more = begin(~std::uint64_t{0});
  const auto run_ten = [&] {
    for (int i = 0; i < 10; ++i) more = pace.done(worker);
    more = pace.failed(worker, operation_error("receive", ECONNRESET));
  };
  run_ten();
  control.phase = run_phase::window;
  run_ten();
  EXPECT_TRUE(more);
  control.phase = run_phase::drain;
  more = pace.done(worker);
  EXPECT_FALSE(more);
  worker.end();
  EXPECT_EQ(latency.take().count(), 10U);
  EXPECT_EQ(worker.errors,
            (std::map<std::string, std::uint64_t, std::less<>>{{"receive:ECONNRESET", 1}}));
  EXPECT_EQ(slot.operations, 21U) << "the observer reads the counter at the edges";
}

TEST(run_control, lanes_begin_spread_over_the_stagger) {
  run_control control;
  control.start_ns = 1000;
  control.stagger_ns = 800;
  EXPECT_EQ(control.begin_of(0, 4), 1000);
  EXPECT_EQ(control.begin_of(1, 4), 1200);
  EXPECT_EQ(control.begin_of(3, 4), 1600);
  control.lane_begins(1, 4, 1230);
  control.lane_begins(3, 4, 1610);
  EXPECT_EQ(control.start_lag_ns, 30) << "the delay of the lane that began the latest";
}

TEST(run_control, arrivals_of_the_lead_in_are_not_due_in_the_window) {
  run_control control;
  control.start_ns = 1000;
  control.lead_ns = 100;
  control.window_ns = 50;
  EXPECT_FALSE(control.due_in_window(1099));
  EXPECT_TRUE(control.due_in_window(1100));
  EXPECT_TRUE(control.due_in_window(1149));
  EXPECT_FALSE(control.due_in_window(1150));
}

TEST_F(paced, errors_are_counted_separately_and_use_up_the_quota) {
  bool more = begin(5);
  for (int i = 0; more; ++i)
    more = i % 2 == 0 ? pace.failed(worker, operation_error("receive", ECONNRESET))
                      : pace.done(worker);
  worker.end();
  EXPECT_EQ(slot.operations, 2U);
  EXPECT_EQ(worker.errors,
            (std::map<std::string, std::uint64_t, std::less<>>{{"receive:ECONNRESET", 3}}));
  EXPECT_EQ(latency.take().count(), 2U);
}

TEST_F(paced, an_error_after_the_window_ends_the_lane) {
  ASSERT_TRUE(begin(~std::uint64_t{0}));
  control.phase = run_phase::drain;
  EXPECT_FALSE(pace.failed(worker, operation_error("connect", ECONNREFUSED)));
}

TEST_F(paced, begin_resets_the_counts) {
  run_all(3);
  worker.errors["x"] = 1;
  worker.begin(control);
  EXPECT_TRUE(worker.errors.empty());
}

TEST_F(paced, open_loop_latency_starts_at_the_intended_start) {
  control.start_ns = now_ns() - 60'000'000;
  control.window_ns = 1'000'000'000;
  open_loop_turn turn{control, now_ns() - 50'000'000};
  turn.start(worker);
  turn.done(worker);
  turn.failed(worker, operation_error("send", EPIPE));
  worker.end();
  EXPECT_EQ(worker.begun, 1U);
  EXPECT_EQ(worker.late, 1U);
  EXPECT_EQ(slot.operations, 1U);
  EXPECT_EQ(worker.errors.at("send:EPIPE"), 1U);
  EXPECT_GE(latency.take().max_ns, 50'000'000U);
  EXPECT_EQ(service.take().count(), 1U);
}

TEST_F(paced, an_arrival_of_the_lead_in_is_not_counted) {
  control.start_ns = now_ns();
  control.lead_ns = control.window_ns = 1'000'000'000;
  open_loop_turn turn{control, control.start_ns};
  turn.start(worker);
  turn.done(worker);
  worker.end();
  EXPECT_EQ(worker.begun, 0U);
  EXPECT_EQ(latency.take().count(), 0U);
}

}  // namespace
}  // namespace crossover
