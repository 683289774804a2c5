#include "bench/results/json_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(parse_json, numbers_keep_their_type_and_their_last_digit) {
  const nlohmann::json numbers = parse_json("[1,-1,18446744073709551615,0.5003,1e-400,1.5e3]");
  EXPECT_TRUE(numbers[0].is_number_unsigned());
  EXPECT_EQ(numbers[1], -1);
  EXPECT_EQ(numbers[2], 18446744073709551615ULL);
  EXPECT_EQ(numbers[3].get<double>(), 0.5003);
  EXPECT_EQ(numbers[4].get<double>(), 0.0);
  EXPECT_EQ(numbers[5].get<double>(), 1500.0);
  EXPECT_TRUE(parse_json("[1e400]").is_discarded());
}

TEST(parse_json, a_text_beyond_the_limit_ends_the_parsing_before_it_is_complete) {
  EXPECT_EQ(parse_json('"' + std::string(longest_json_text, 'x') + '"').get<std::string>().size(),
            longest_json_text);
  for (const std::string begin : {"[\"", "{\"", "[1"}) {
    nlohmann::json root;
    json_tree tree(root);
    json_parser parser(tree);
    std::size_t accepted = 0;
    parser.add(begin);
    while (accepted <= 2 * longest_json_text && parser.add(std::string(1000, '1')))
      accepted += 1000;
    EXPECT_GE(accepted + 1000, longest_json_text) << begin;
    EXPECT_LE(accepted, longest_json_text) << begin;
    EXPECT_TRUE(parser.has_long_text()) << begin;
  }
}

TEST(json_parser, a_byte_order_mark_is_skipped_wherever_it_is_cut) {
  const std::string_view text = "\xef\xbb\xbf[1]";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    nlohmann::json root;
    json_tree tree(root);
    json_parser parser(tree);
    EXPECT_TRUE(parser.add(text.substr(0, size))) << size;
    EXPECT_TRUE(parser.add(text.substr(size)) && parser.is_complete()) << size;
    EXPECT_EQ(root[0], 1) << size;
  }
}

TEST(parse_json, a_part_of_a_byte_order_mark_is_malformed) {
  for (const char* text : {"\xef", "\xef\xbb", "\xef[1]", "\xef\xbb[1]", "[\xef\xbb\xbf"})
    EXPECT_TRUE(parse_json(text).is_discarded()) << text;
}

TEST(json_parser, pieces_give_the_same_tree_as_the_whole_text) {
  std::string text = "[";
  for (int i = 0; i < 100; ++i)
    text += "{\"a key with \\\"quotes\\\" " + std::to_string(i) + "\":[0.1234567890123," +
            std::to_string(1'000'000'007LL * i) + ",\"te\\u00e4xt\",null,true]},";
  text += "0]";
  const nlohmann::json whole = nlohmann::json::parse(text);
  for (const std::size_t length : {1, 2, 3, 7, 100}) {
    nlohmann::json root, replayed;
    json_tree tree(root), copy(replayed);
    json_parser parser(tree);
    for (std::size_t from = 0; from < text.size(); from += length)
      ASSERT_TRUE(parser.add(std::string_view(text).substr(from, length))) << length;
    ASSERT_TRUE(parser.is_complete()) << length;
    EXPECT_EQ(root, whole) << length;
    replay(root, copy);
    EXPECT_EQ(replayed, root);
  }
}

TEST(json_parser, malformed_text_is_refused_in_any_piece) {
  for (const std::string& text : {std::string("[1"), std::string("[1]]"), nested("[", "]", 20'000),
                                  std::string(70'000, ' '), std::string("[\"\xff\"]")}) {
    nlohmann::json root;
    json_tree tree(root);
    json_parser parser(tree);
    bool is_valid = true;
    for (const char& c : text) is_valid = parser.add({&c, 1}) && is_valid;
    EXPECT_FALSE(is_valid && parser.is_complete()) << text.substr(0, 80);
  }
}

TEST(json_writer, values_one_by_one_give_the_text_of_the_whole_tree) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array(), whole;
  for (int i = 0; i < 3'000; ++i)
    rows.push_back({{"name", "line\nbreak \"" + std::to_string(i)}, {"bins", {i, {1.5, nullptr}}}});
  whole["a \"key\""] = {{"none", nlohmann::ordered_json::array()}, {"one", "\xff"}};
  whole["rows"] = rows;
  whole["empty"] = nlohmann::ordered_json::object();
  whole["members"] = {{"a", 1}, {"b", {2, "\n"}}, {"c", "}"}};
  for (const int indent : {-1, 1, 2}) {
    std::string text;
    std::size_t longest = 0;
    const json_writer::sink take = [&](std::string_view piece) {
      text += piece;
      longest = std::max(longest, piece.size());
    };
    json_writer out(indent, take);
    out.begin_object();
    out.key("a \"key\"");
    out.value(whole["a \"key\""]);
    out.key("rows");
    out.begin_array();
    for (const auto& row : rows) out.value(row);
    out.end();
    out.key("empty");
    out.begin_object();
    out.end();
    out.key("members");
    out.begin_object();
    out.key("a");
    out.value(nlohmann::json(1));
    out.raw(json_members({{"b", {2, "\n"}}, {"c", "}"}}, indent, 1));
    out.end();
    out.end();
    EXPECT_EQ(text, whole.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace));
    EXPECT_LT(longest, 70'000u) << "of " << text.size();
  }
}

TEST(parse_json, discards_malformed_text_without_throwing) {
  for (const char* text : {"", "{", "[1", "]", "\"", "\"\\", "[1]]", "{\"a\":NaN}", "nul"})
    EXPECT_TRUE(parse_json(text).is_discarded()) << text;
}

}  // namespace
}  // namespace crossover
