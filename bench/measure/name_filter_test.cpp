#include "bench/measure/name_filter.hpp"

#include <gtest/gtest.h>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

TEST(name_filter, empty_and_all_keep_every_name) {
  for (const char* text : {"", "all"}) {
    EXPECT_TRUE(name_filter(text).keeps("noop/serial")) << text;
    EXPECT_TRUE(name_filter(text).keeps("")) << text;
  }
}

TEST(name_filter, an_expression_is_found_anywhere_in_the_name) {
  EXPECT_TRUE(name_filter("serial").keeps("noop/serial/cores:1"));
  EXPECT_TRUE(name_filter("cores:[12]$").keeps("noop/serial/cores:2"));
  EXPECT_FALSE(name_filter("^serial").keeps("noop/serial/cores:1"));
  EXPECT_TRUE(name_filter("sleep|noop").keeps("noop/serial/cores:1"));
}

TEST(name_filter, a_leading_dash_keeps_the_names_without_it) {
  EXPECT_FALSE(name_filter("-serial").keeps("noop/serial"));
  EXPECT_TRUE(name_filter("-serial").keeps("noop/event_loop"));
  EXPECT_FALSE(name_filter("-").keeps("noop/serial")) << "the empty expression is in every name";
}

TEST(name_filter, exact_filter_keeps_only_its_names) {
  const std::string names[] = {"map<int, (a|b)>/1", "copy[x]*"};
  const name_filter filter(exact_filter(names));
  for (const std::string& name : names) {
    EXPECT_TRUE(filter.keeps(name));
    EXPECT_FALSE(filter.keeps(name + "0"));
  }
  EXPECT_FALSE(filter.keeps("map<int, a>/1"));
}

TEST(name_filter, nested_repetition_ends) {
  const std::string name(5000, 'a');
  EXPECT_FALSE(name_filter("(a+)+b").keeps(name));
  EXPECT_FALSE(name_filter("(a|a)*b").keeps(name));
  EXPECT_TRUE(name_filter("-(a*)*b").keeps(name));
}

TEST(name_filter, reports_the_flag_and_the_error_of_a_malformed_expression) {
  try {
    name_filter("-(", "--slower-in");
    FAIL() << "accepted";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    EXPECT_STREQ(e.what(), "--slower-in=-(: not a regular expression: missing ): (");
  }
  for (const char* text : {"[", "*", "(?=a)", "(a)\\1", "((a{1000}){1000}){1000}"})
    EXPECT_THROW(name_filter{text}, error) << text;
}

}  // namespace
}  // namespace crossover
