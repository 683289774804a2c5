#include "reports/terminal_text.hpp"

#include <gtest/gtest.h>

namespace crossover {
namespace {

TEST(terminal_text, width_counts_characters) {
  EXPECT_EQ(width_of(""), 0u);
  EXPECT_EQ(width_of("9.5 µs – …"), 10u);
}

TEST(terminal_text, fitted_text_is_one_line_of_the_width) {
  EXPECT_EQ(fitted("µs", 2), "µs");
  EXPECT_EQ(fitted("1.5 µs", 5), "1.5 …");
  EXPECT_EQ(fitted("a\nb", 10), "a\\nb");
  EXPECT_EQ(fitted("\x1b[31m", 20), "\\u{1b}[31m");
}

TEST(terminal_text, pads_to_a_width_but_never_cuts) {
  EXPECT_EQ(padded("µs", 4), "µs  ");
  EXPECT_EQ(right_aligned("µs", 4), "  µs");
  EXPECT_EQ(padded("longer", 4), "longer");
  EXPECT_EQ(right_aligned("longer", 4), "longer");
}

TEST(terminal_text, wraps_at_spaces_and_within_long_words) {
  EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrapped("µµµµµµ one", 1, 4), " µµµ\n µµµ\n one\n");
  EXPECT_EQ(wrapped("", 0, 10), "\n");
}

TEST(terminal_text, paints_only_on_a_terminal_with_colours) {
  EXPECT_EQ(painted({.columns = 80, .colors = true}, paint::bold, "a"), "\x1b[1ma\x1b[0m");
  EXPECT_EQ(painted({.columns = 80, .colors = false}, paint::red, "a"), "a");
}

}  // namespace
}  // namespace crossover
