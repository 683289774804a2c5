#include "bench/results/json_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace crossover {
namespace {

std::string nested(const std::string& open, const std::string& close, int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += open;
  text += "1";
  for (int i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(parse_json, accepts_the_deepest_nesting_and_nothing_deeper) {
  for (const auto& [open, close] : {std::pair("[", "]"), std::pair("{\"a\":", "}")}) {
    EXPECT_TRUE(parse_json(nested(open, close, deepest_json)).is_structured()) << open;
    for (const int levels : {deepest_json + 1, 20'000, 120'000}) {
      EXPECT_TRUE(parse_json(nested(open, close, levels)).is_discarded()) << open << levels;
      EXPECT_TRUE(parse_json(nested(open, "", levels)).is_discarded()) << open << levels;
    }
  }
}

TEST(parse_json, brackets_in_strings_and_siblings_are_not_nesting) {
  const std::string brackets(1000, '[');
  EXPECT_EQ(parse_json("[\"" + brackets + "\"]")[0], brackets);
  EXPECT_EQ(parse_json("[\"\\\"" + brackets + "\"]")[0], "\"" + brackets);
  EXPECT_EQ(parse_json("[\"\\\\\",\"" + brackets + "\"]")[1], brackets);
  std::string siblings = "[[]";
  for (int i = 0; i < 1000; ++i) siblings += ",[{}]";
  EXPECT_EQ(parse_json(siblings + "]").size(), 1001U);
}

TEST(parse_json, an_escaped_quote_does_not_hide_nesting) {
  for (const char* before : {R"(["a\"b",)", R"(["a\\",)", R"({"\u0022":)"})
    EXPECT_TRUE(parse_json(before + nested("[", "]", 20'000)).is_discarded()) << before;
}

TEST(parse_json, discards_malformed_text_without_throwing) {
  for (const char* text : {"", "{", "[1", "]", "\"", "\"\\", "[1]]", "{\"a\":NaN}", "nul"})
    EXPECT_TRUE(parse_json(text).is_discarded()) << text;
}

}  // namespace
}  // namespace crossover
