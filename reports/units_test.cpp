#include "reports/units.hpp"

#include <gtest/gtest.h>

namespace crossover {
namespace {

TEST(figure_text, has_three_digits_and_a_prefix) {
  EXPECT_EQ(figure_text(12345, "1/s"), "12.3 k/s");
  EXPECT_EQ(figure_text(999.6, "1/s"), "1 k/s");
  EXPECT_EQ(figure_text(0.5, "1/s"), "0.5 /s");
  EXPECT_EQ(figure_text(4.1e-6, "s"), "4.1 µs");
  EXPECT_EQ(figure_text(0, "s"), "0 s");
  EXPECT_EQ(figure_text(90, "s"), "90 s");
  EXPECT_EQ(figure_text(1.5e6, "bytes"), "1.5 MB");
  EXPECT_EQ(figure_text(0.25, "1"), "0.25");
  EXPECT_EQ(figure_text(0.00012, "1"), "0.00012");
}

TEST(interval_text, shows_a_common_unit_once) {
  EXPECT_EQ(interval_text({12300, 12100, 12500, 5}, "1/s"), "12.3 k/s (12.1 to 12.5)");
  EXPECT_EQ(interval_text({1010, 990, 1030, 5}, "1/s"), "1.01 k/s (990 /s to 1.03 k/s)");
  EXPECT_EQ(interval_text({12300, std::nullopt, std::nullopt, 1}, "1/s"), "12.3 k/s");
}

TEST(join_and, separates_the_last_text_with_and) {
  EXPECT_EQ(join_and({}), "");
  EXPECT_EQ(join_and({"a"}), "a");
  EXPECT_EQ(join_and({"a", "b"}), "a and b");
  EXPECT_EQ(join_and({"a", "b", "c"}), "a, b and c");
}

TEST(time_text, rounds_up_to_seconds_and_has_two_units) {
  EXPECT_EQ(time_text(0.2), "1 s");
  EXPECT_EQ(time_text(107.4), "1 min 48 s");
  EXPECT_EQ(time_text(7300), "2 h 1 min");
}

TEST(seconds_of, parses_only_durations) {
  EXPECT_DOUBLE_EQ(*seconds_of("10ms"), 0.01);
  EXPECT_DOUBLE_EQ(*seconds_of("250us"), 250e-6);
  EXPECT_DOUBLE_EQ(*seconds_of("2s"), 2);
  EXPECT_DOUBLE_EQ(*seconds_of("0"), 0);
  EXPECT_DOUBLE_EQ(*seconds_of("7"), 7e-6);
  EXPECT_FALSE(seconds_of("soon"));
  EXPECT_FALSE(seconds_of("-1s"));
  EXPECT_FALSE(seconds_of("1 parsec"));
  EXPECT_FALSE(seconds_of(""));
}

}  // namespace
}  // namespace crossover
