#include "reports/escape.hpp"

#include <gtest/gtest.h>

namespace crossover {
namespace {

TEST(clipped, counts_characters_not_bytes) {
  EXPECT_EQ(clipped("µµµ", 3), "µµµ");
  EXPECT_EQ(clipped("µµµµ", 3), "µµµ…");
  EXPECT_EQ(clipped("", 3), "");
}

TEST(escape, one_line) {
  EXPECT_EQ(one_line("a\nb\x01\u202E"), "a\\nb\\u{1}\\u{202e}");
  EXPECT_EQ(one_line("\xff\xc3("), "\uFFFD\uFFFD(");
  EXPECT_EQ(one_line("\xe4\xb8\xad\xf0\x9f\x9a\x80"), "\u4E2D\U0001F680");
  EXPECT_EQ(one_line("\xc0\x80 \xe0\x80\x80"), "\uFFFD \uFFFD") << "overlong forms";
  EXPECT_EQ(one_line("abcdefghij", 6), "abcd…j");
  EXPECT_EQ(one_line("abcdef", 6), "abcdef");
}

TEST(escape, visible_line) {
  EXPECT_TRUE(is_visible_line("::BM_a/64 µs"));
  for (const char* text : {"a\nb", "\x1b[1m", "\u202E", "\xff"})
    EXPECT_FALSE(is_visible_line(text));
}

TEST(escape, formula_becomes_text_in_csv) {
  EXPECT_EQ(csv_field("=1+1"), "'=1+1");
  EXPECT_EQ(csv_field("-2"), "'-2");
  EXPECT_EQ(csv_field("@SUM(A1,A2)"), "\"'@SUM(A1,A2)\"");
  EXPECT_EQ(csv_field("a;=1"), "\"a;=1\"") << "some spreadsheets separate by semicolons";
  EXPECT_EQ(csv_field("a=1"), "a=1");
}

TEST(escape, no_name_is_a_workflow_command) {
  EXPECT_EQ(one_line("::error::x"), ": :error::x");
  EXPECT_EQ(one_line("  ::stop-commands::x"), "  : :stop-commands::x");
  EXPECT_EQ(one_line("a::b"), "a::b");
  EXPECT_EQ(one_line("a ##[add-mask]b ###[c"), "a ## [add-mask]b ### [c");
}

TEST(escape, for_each_target) {
  EXPECT_EQ(html_text("<a b=\"c\">&'\n"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39; ");
  EXPECT_EQ(markdown_text("@all a_b > *c*"), "&#64;all a&#95;b &#62; &#42;c&#42;");
  EXPECT_EQ(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(xml_text("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(markdown_code("a|b`c@d", 0), "<code>a&#124;b&#96;c&#64;d</code>");
  EXPECT_EQ(workflow_message("50%\n::x::"), "50%25\\n::x::");
  EXPECT_EQ(workflow_property("a:b,c%"), "a%3Ab%2Cc%25");
}

}  // namespace
}  // namespace crossover
