#include "workloads/parameters.hpp"

#include <gtest/gtest.h>

#include <array>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

constexpr std::array known = {
    parameter{"bytes", parameter_kind::size, "64KiB", 1, 1 << 20},
    parameter{"delay", parameter_kind::duration, "10ms", 1'000, 1'000'000'000},
    parameter{"rows", parameter_kind::count, "100", 1, 1000},
    parameter{"algorithm", parameter_kind::choice, "sha256", 0, 0, "sha256|sha1"},
    parameter{"url", parameter_kind::text, ""},
};

/// Returns the error message for these values.
std::string parameter_problem(const std::map<std::string, std::string>& arguments) {
  try {
    parameter_values("query", known, arguments);
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    return e.what();
  }
  return "accepted";
}

TEST(parameters, missing_values_use_defaults) {
  const parameter_values values("query", known, {});
  EXPECT_EQ(values.number("bytes"), 65536U);
  EXPECT_EQ(values.number("delay"), 10'000'000U);
  EXPECT_EQ(values.number("rows"), 100U);
  EXPECT_EQ(values.text("algorithm"), "sha256");
  EXPECT_EQ(values.text("url"), "");
  EXPECT_EQ(values.texts().size(), known.size());
}

TEST(parameters, values_become_canonical) {
  const parameter_values values("query", known,
                                {{"bytes", "65536B"}, {"delay", "0.5s"}, {"url", "http://x"}});
  EXPECT_EQ(values.text("bytes"), "64KiB");
  EXPECT_EQ(values.text("delay"), "500ms");
  EXPECT_EQ(values.text("url"), "http://x");
}

TEST(parameters, range_is_inclusive) {
  EXPECT_EQ(parameter_values("query", known, {{"bytes", "1"}}).number("bytes"), 1U);
  EXPECT_EQ(parameter_values("query", known, {{"bytes", "1MiB"}}).number("bytes"), 1U << 20);
}

TEST(parameters, out_of_range_value_is_rejected_with_the_range) {
  EXPECT_EQ(parameter_problem({{"bytes", "0"}}),
            "query: bytes=0 is outside the allowed range 1 to 1MiB");
  EXPECT_EQ(parameter_problem({{"bytes", "2MiB"}}),
            "query: bytes=2MiB is outside the allowed range 1 to 1MiB");
  EXPECT_EQ(parameter_problem({{"delay", "0"}}),
            "query: delay=0 is outside the allowed range 1us to 1s");
  EXPECT_EQ(parameter_problem({{"rows", "1001"}}),
            "query: rows=1001 is outside the allowed range 1 to 1000");
}

TEST(parameters, malformed_value_is_rejected_with_the_nearest_spelling) {
  EXPECT_EQ(parameter_problem({{"bytes", "64kb"}}),
            "query: bytes=64kb is not a size; did you mean '64KiB'?");
  EXPECT_EQ(parameter_problem({{"delay", "10"}}),
            "query: delay=10 is not a duration; did you mean '10ms'?");
  EXPECT_EQ(parameter_problem({{"rows", "many"}}), "query: rows=many is not a whole number");
  EXPECT_EQ(parameter_problem({{"rows", ""}}), "query: rows= is not a whole number");
}

TEST(parameters, unknown_name_or_choice_suggests_the_nearest) {
  EXPECT_EQ(parameter_problem({{"byte", "1"}}),
            "query has no parameter 'byte': did you mean 'bytes'? (known: bytes, delay, rows, "
            "algorithm, url)");
  EXPECT_EQ(parameter_problem({{"algorithm", "sha255"}}),
            "query: algorithm=sha255 is unknown: did you mean 'sha256'? (known: sha256, sha1)");
}

TEST(parameters, owner_without_parameters_rejects_all) {
  EXPECT_THROW(parameter_values("noop", {}, {{"x", "1"}}), error);
  EXPECT_TRUE(parameter_values("noop", {}, {}).texts().empty());
}

TEST(parameters, splits_name_and_parameters) {
  EXPECT_EQ(parse_named_parameters("noop").name, "noop");
  const named_parameters parsed = parse_named_parameters("download:url=http://a:80/?x=1,bytes=64");
  EXPECT_EQ(parsed.name, "download");
  EXPECT_EQ(parsed.values,
            (std::map<std::string, std::string>{{"url", "http://a:80/?x=1"}, {"bytes", "64"}}));
  for (const char* text : {"sleep:", "sleep:delay", "sleep:=1ms", "sleep:delay=1ms,"})
    EXPECT_THROW(parse_named_parameters(text), error) << text;
}

TEST(parameters, splits_lists_of_names) {
  using names = std::vector<std::string>;
  EXPECT_EQ(split_names("sleep"), names{"sleep"});
  EXPECT_EQ(split_names("sleep,noop"), (names{"sleep", "noop"}));
  EXPECT_EQ(split_names("network:bytes=64,delay=1ms,sleep:delay=1ms,noop"),
            (names{"network:bytes=64,delay=1ms", "sleep:delay=1ms", "noop"}));
  EXPECT_EQ(split_names("download:url=http://a:80/b,query"),
            (names{"download:url=http://a:80/b", "query"}));
  EXPECT_EQ(split_names("download:bytes=1,url=http://a"), names{"download:bytes=1,url=http://a"});
  try {
    split_names("noop,sleep,delay=1ms");
    ADD_FAILURE() << "accepted";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(),
                 "'delay=1ms': parameters follow a colon; write "
                 "sleep:delay=1ms");
  }
}

}  // namespace
}  // namespace crossover
