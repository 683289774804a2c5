#include "reports/contest_table.hpp"

#include <gtest/gtest.h>

#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

TEST(contest_table, has_the_verdict_and_a_line_per_model) {
  EXPECT_EQ(contest_tables(three_contests_for_test(), {}, {}),
            R"(network 64 B · 1 core · 64 in flight                          event_loop is best
  event_loop     100 k/s           5 µs CPU    7 MB   0.91 of reference
  thread_pool    0.50 – 0.50      10 µs CPU    7 MB
sleep 64 B · 1 core · 64 in flight                             capped at 6.4 k/s
  event_loop     1.00           40.6 µs CPU    7 MB   <- cheapest
  thread_pool    1.00           78.3 µs CPU    7 MB
download 64 B · 1 core · 64 in flight                    only processes measured
  processes      1 k/s           500 µs CPU    7 MB
  fibers         failed: ECONNREFUSED
)");
}

TEST(contest_table, narrow_terminal_gets_fewer_columns) {
  EXPECT_EQ(contest_tables(three_contests_for_test(), {}, {.columns = 40}).substr(0, 136),
            R"(network 64 B · 1 core · 64 in flight
                      event_loop is best
  event_loop     100 k/s
  thread_pool    0.50 – 0.50
)");
}

TEST(contest_table, undecided_contest_has_the_blocks_that_it_needs) {
  const auto verdict_with = [](double scatter) {
    const std::string text = contest_tables(
        results_for_test({cell_for_test("event_loop", 1, 64, around(100'000, 8, scatter, 1)),
                          cell_for_test("thread_pool", 1, 64, around(100'000, 8, scatter, 2))}),
        {}, {});
    return text.substr(0, text.find('\n'));
  };
  EXPECT_NE(verdict_with(0.06).find(" not separated yet (about "), std::string::npos)
      << verdict_with(0.06);
  EXPECT_NE(verdict_with(0.5).find(" not separated by 8 blocks"), std::string::npos)
      << verdict_with(0.5);
}

TEST(contest_table, colours_the_verdict) {
  const std::string text =
      contest_tables(three_contests_for_test(), {}, {.columns = 80, .colors = true});
  EXPECT_NE(text.find("\x1b[32mevent_loop is best\x1b[0m\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\x1b[31m  fibers         failed: ECONNREFUSED\x1b[0m\n"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace crossover
