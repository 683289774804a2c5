#include "workloads/base/quantities.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace crossover {
namespace {

TEST(quantities, parses_sizes) {
  const std::vector<std::pair<const char*, std::uint64_t>> known = {{"0", 0},
                                                                    {"64", 64},
                                                                    {"64B", 64},
                                                                    {"1KiB", 1024},
                                                                    {"1.5KiB", 1536},
                                                                    {"16MiB", 16ULL << 20},
                                                                    {"1GiB", 1ULL << 30},
                                                                    {"007", 7}};
  for (const auto& [text, bytes] : known) EXPECT_EQ(parse_size(text), bytes) << text;
}

TEST(quantities, parses_durations) {
  const std::vector<std::pair<const char*, std::uint64_t>> known = {{"0", 0},
                                                                    {"0ms", 0},
                                                                    {"100ns", 100},
                                                                    {"50us", 50'000},
                                                                    {"50µs", 50'000},
                                                                    {"10ms", 10'000'000},
                                                                    {"1.5s", 1'500'000'000},
                                                                    {"0.001s", 1'000'000},
                                                                    {"60s", 60'000'000'000},
                                                                    {"5min", 300'000'000'000},
                                                                    {"1h", 3'600'000'000'000}};
  for (const auto& [text, ns] : known) EXPECT_EQ(parse_duration_ns(text), ns) << text;
}

TEST(quantities, parses_decimal_fractions_exactly) {
  EXPECT_EQ(parse_duration_ns("16.1us"), 16'100);
  EXPECT_EQ(parse_duration_ns("2.01us"), 2'010);
  EXPECT_EQ(parse_duration_ns("0.00051ms"), 510);
  for (std::uint64_t ns = 1; ns < 100'000; ns += 7) {
    const std::string us =
        std::to_string(ns / 1000) + "." + std::to_string(1000 + ns % 1000).substr(1) + "us";
    EXPECT_EQ(parse_duration_ns(us), ns) << us;
  }
}

TEST(quantities, parses_only_whole_numbers_as_counts) {
  EXPECT_EQ(parse_count("1000"), 1000);
  EXPECT_EQ(parse_count("18446744073709551615"), 18446744073709551615ULL);
  for (const char* text :
       {"", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x10", "1_000", "18446744073709551616", "one"})
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
}

TEST(quantities, rejects_malformed_quantities) {
  for (const char* text : {"9223372036854775808", "", "KiB", "1kb", "1KB", "1 KiB", "-1", "-1KiB",
                           "0.5B", "1e3", "nan", "infB", "1KiB ", "99999999999GiB"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  for (const char* text : {"", "10", "ms", "10 ms", "-1ms", "-0s", "0.5ns", "1.0001us1", "10MS",
                           "nans", "infs", "1m", "99999999999s"})
    EXPECT_EQ(parse_duration_ns(text), std::nullopt) << text;
}

TEST(quantities, parses_shares_with_their_sign_or_below_1) {
  EXPECT_DOUBLE_EQ(*parse_share("5%"), 0.05);
  EXPECT_DOUBLE_EQ(*parse_share("2.5 %"), 0.025);
  EXPECT_DOUBLE_EQ(*parse_share("150%"), 1.5);
  EXPECT_DOUBLE_EQ(*parse_share("0.01"), 0.01);
  EXPECT_EQ(parse_share("0"), 0);
  for (const char* wrong :
       {"", "%", "5", "1", "1.5", "5 percent", "-1%", "-0", "nan", "inf", "5%%"})
    EXPECT_EQ(parse_share(wrong), std::nullopt) << wrong;
}

TEST(quantities, suggests_the_nearest_spelling) {
  for (const auto& [text, spelling] :
       std::vector<std::pair<const char*, const char*>>{{"1kb", "1KiB"},
                                                        {"64 KB", "64KiB"},
                                                        {"1.5M", "1.5MiB"},
                                                        {"2gib", "2GiB"},
                                                        {"7 bytes", "7B"}})
    EXPECT_EQ(size_advice(text), "not a size; did you mean '" + std::string(spelling) + "'?");
  for (const auto& [text, spelling] : std::vector<std::pair<const char*, const char*>>{
           {"10", "10ms"}, {"1.5 sec", "1.5s"}, {"10MS", "10ms"}, {"5m", "5min"}, {"2usec", "2us"}})
    EXPECT_EQ(duration_advice(text),
              "not a duration; did you mean '" + std::string(spelling) + "'?");
  for (const char* text : {"", "much", "kb", "1.1.1kb", "0.5 b", "-1kb"})
    EXPECT_EQ(size_advice(text), "not a size; write for example 64, 64KiB or 1MiB") << text;
  EXPECT_EQ(duration_advice("soon"), "not a duration; write for example 100us, 10ms or 1s");
  EXPECT_EQ(share_advice("5"), "write 5% or 0.05");
  EXPECT_EQ(share_advice("2.5"), "write 2.5% or 0.025");
  EXPECT_EQ(share_advice("much"), "not a share; write 5% or 0.05");
}

TEST(quantities, formats_with_the_shortest_exact_spelling) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1000), "1000");
  EXPECT_EQ(format_size(65536), "64KiB");
  EXPECT_EQ(format_size(1536), "1536");
  EXPECT_EQ(format_size(3ULL << 30), "3GiB");
  EXPECT_EQ(format_duration(0), "0");
  EXPECT_EQ(format_duration(10'000'000), "10ms");
  EXPECT_EQ(format_duration(1'500'000), "1500us");
  EXPECT_EQ(format_duration(1), "1ns");
  EXPECT_EQ(format_duration(60'000'000'000), "60s");
}

TEST(quantities, formatted_quantities_parse_back) {
  for (std::uint64_t step = 1, number = 0; number < (1ULL << 40);
       number += step, step = step * 3 / 2 + 1) {
    EXPECT_EQ(parse_size(format_size(number)), number);
    EXPECT_EQ(parse_duration_ns(format_duration(number)), number);
  }
}

}  // namespace
}  // namespace crossover
