#include "reports/check/thresholds.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

std::string message_of_error(const std::string& text) {
  try {
    thresholds_from_json(nlohmann::json::parse(text), "t.json");
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::unreadable);
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    return e.what();
  }
  return "";
}

TEST(thresholds, last_matching_rule_applies) {
  const thresholds rules = thresholds_from_json(
      nlohmann::json::parse(R"({"thresholds":[{"cells":"*","detect":"8%"},)"
                            R"({"cells":"network/*","tolerate":0.02,"detect":"10 %"},)"
                            R"({"regex":"in_flight:1$","tolerate":"3%"}]})"),
      "t");
  const cell_thresholds fallback{0.01, 0.05};
  EXPECT_EQ(thresholds_of(rules, "sleep/x", fallback), (cell_thresholds{0.01, 0.08}));
  EXPECT_EQ(thresholds_of(rules, "network/event_loop/in_flight:64", fallback),
            (cell_thresholds{0.02, 0.10}));
  EXPECT_EQ(thresholds_of(rules, "network/event_loop/in_flight:1", fallback),
            (cell_thresholds{0.03, 0.10}));
  EXPECT_EQ(unused_patterns(rules, {"sleep/x"}),
            (std::vector<std::string>{"network/*", "in_flight:1$"}));
}

TEST(thresholds, rejects_tolerate_above_detect) {
  const thresholds rules = thresholds_from_json(
      nlohmann::json::parse(R"({"thresholds":[{"cells":"*","tolerate":"7%"}]})"), "t");
  EXPECT_THROW(thresholds_of(rules, "a", {0.01, 0.05}), error);
}

TEST(thresholds, errors_are_one_line_with_place_and_remedy) {
  EXPECT_EQ(message_of_error("[]"),
            "t.json: no array 'thresholds'; write {\"thresholds\": [{\"cells\": \"network/*\", "
            "\"detect\": "
            "\"10%\"}]}");
  EXPECT_EQ(
      message_of_error(R"({"thresholds":[{"cells":"*","detect":"1%"},{"cells":"*","detct":1}]})"),
      "t.json: rule 2: 'detct' is unknown; a rule has cells or regex, tolerate, detect");
  EXPECT_EQ(message_of_error(R"({"thresholds":[{"cells":"*","detect":"much"}]})"),
            "t.json: rule 1: 'detect' much: not a share; write 5% or 0.05");
  EXPECT_EQ(message_of_error(R"({"thresholds":[{"cells":"*","detect":-1}]})"),
            "t.json: rule 1: 'detect' -1: not a share; write 5% or 0.05");
  EXPECT_EQ(message_of_error(R"({"thresholds":[{"cells":"*","detect":5}]})"),
            "t.json: rule 1: 'detect' 5: write 5% or 0.05");
  EXPECT_EQ(message_of_error(R"({"thresholds":[{"detect":1}]})"),
            "t.json: rule 1: give either 'cells' (a glob) or 'regex'");
  EXPECT_EQ(message_of_error(R"({"thresholds":[{"cells":"*"}]})"),
            "t.json: rule 1: no threshold; add \"tolerate\" or \"detect\"");
  EXPECT_NE(message_of_error(R"({"thresholds":[{"regex":"(","detect":1}]})")
                .find("is not a regular expression"),
            std::string::npos);
  EXPECT_EQ(message_of_error(R"({"thresholds":[{"cells":")" + std::string(1001, '*') + "\"}]}"),
            "t.json: rule 1: the pattern is longer than 1000 bytes");
  std::string many = R"({"thresholds":[0)";
  for (int i = 0; i < 1000; ++i) many += ",0";
  EXPECT_EQ(message_of_error(many + "]}"),
            "t.json: more than 1000 rules; let one pattern match more");
  EXPECT_NE(message_of_error(R"({"thresholds":[7]})").find("rule 1: not an object"),
            std::string::npos);
}

TEST(thresholds, an_expression_with_nested_repetition_ends) {
  const thresholds rules = thresholds_from_json(
      nlohmann::json::parse(R"({"thresholds":[{"regex":"(a+)+b","tolerate":"3%"}]})"), "t");
  EXPECT_FALSE(matches(rules.rules[0], std::string(5000, 'a')));
  EXPECT_TRUE(matches(rules.rules[0], "is aab here"));
}

TEST(thresholds, reads_files) {
  EXPECT_THROW(read_thresholds("/nonexistent/thresholds.json"), error);
  EXPECT_THROW(read_thresholds("/dev/zero"), error) << "a file without an end";
  const auto file = std::filesystem::path(testing::TempDir()) /
                    ("crossover-thresholds." + std::to_string(::getpid()));
  const std::string deep =
      R"({"thresholds":)" + std::string(20'000, '[') + std::string(20'000, ']');
  for (const std::string& text : {std::string("{"), deep + "}"}) {
    std::ofstream(file) << text;
    try {
      read_thresholds(file);
      ADD_FAILURE() << "read";
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::unreadable);
      EXPECT_TRUE(std::string(e.what()).ends_with(
          ": not JSON, or nested deeper than 64 levels: see the example in docs/ci.md"))
          << e.what();
    }
  }
  std::ofstream(file) << R"({"thresholds":[]})";
  EXPECT_TRUE(read_thresholds(file).rules.empty());
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace crossover
