#include "workloads/trace_points.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace crossover {
namespace {

class tracing_test : public testing::Test {
 protected:
  tracing_test() { active_trace = &recorder; }
  ~tracing_test() override { active_trace = nullptr; }
  trace_recorder recorder{3};
};

using trace_points = tracing_test;

TEST_F(trace_points, before_start_set_only_the_lane) {
  trace_running(7);
  EXPECT_EQ(traced_lane(), 7U);
  EXPECT_TRUE(recorder.take().empty());
}

TEST_F(trace_points, are_kept_per_thread_in_order_of_time) {
  recorder.start();
  const auto work = [](std::uint32_t lane) {
    const traced_lane_scope scope(lane);
    trace_operation(trace_mark::ended);
  };
  work(1);
  std::thread(work, 2).join();
  const auto all = recorder.take();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NE(all[0].thread, all[1].thread);
  for (const thread_points& t : all) {
    ASSERT_EQ(t.points.size(), 3U);
    EXPECT_EQ(t.points[0].mark, trace_mark::running);
    EXPECT_EQ(t.points[1].mark, trace_mark::ended);
    EXPECT_EQ(t.points[1].lane, t.points[0].lane);
    EXPECT_EQ(t.points[2].mark, trace_mark::idle);
    EXPECT_LE(t.points[0].ns, t.points[1].ns);
    EXPECT_LE(t.points[1].ns, t.points[2].ns);
  }
}

TEST_F(trace_points, wait_releases_the_thread_and_restores_the_lane) {
  recorder.start();
  trace_running(4);
  {
    const traced_wait waits;
    EXPECT_EQ(traced_lane(), no_lane);
    trace_running(5);  // another lane
  }
  EXPECT_EQ(traced_lane(), 4U);
}

TEST_F(trace_points, of_a_forked_worker_reach_the_parent) {
  recorder.start();
  const pid_t child = ::fork();
  if (child == 0) {
    trace_running(9);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  const auto all = recorder.take();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].thread, child);
  EXPECT_EQ(all[0].points.at(0).lane, 9U);
}

TEST_F(trace_points, of_more_threads_fit_if_they_are_few) {
  recorder.start();
  for (int i = 0; i < 50; ++i) std::thread([] { trace_running(1); }).join();
  EXPECT_EQ(recorder.take().size(), 50U);
  EXPECT_EQ(recorder.lost(), 0U);
}

TEST_F(trace_points, without_room_are_counted) {
  recorder.start();
  constexpr std::uint32_t room = 3 * trace_recorder::points_per_thread;
  for (std::uint32_t i = 0; i < room + 10; ++i) trace_idle();
  EXPECT_EQ(recorder.take().at(0).points.size(), room);
  EXPECT_EQ(recorder.lost(), 10U);
  std::thread([] { trace_running(1); }).join();
  EXPECT_EQ(recorder.lost(), 11U);
}

TEST(trace_points_without_recorder, keep_nothing) {
  trace_running(3);
  const traced_wait waits;
  EXPECT_EQ(traced_lane(), no_lane);
}

}  // namespace
}  // namespace crossover
