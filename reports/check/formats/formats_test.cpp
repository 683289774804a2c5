#include "reports/check/formats/formats.hpp"

#include <gtest/gtest.h>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "reports/check/sample_comparison.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

check_result all_pass() {
  check_result result;
  result.baseline_name = "a";
  result.candidate_name = "b";
  cell_comparison cell;
  cell.name = "noop/serial";
  cell.ratio = 1.0004;
  cell.lower = 0.99;
  cell.upper = 1.01;
  cell.p = 0.8;
  cell.blocks = 6;
  cell.outcome = verdict::pass;
  result.cells.push_back(cell);
  return result;
}

TEST(formats, the_table_is_complete_and_its_names_are_unique) {
  std::set<std::string_view> names;
  for (const output_format& format : all_formats()) {
    EXPECT_TRUE(names.insert(format.name).second) << format.name;
    EXPECT_FALSE(format.description.empty());
    EXPECT_EQ(find_format(format.name), &format);
  }
  for (const char* name :
       {"text", "json", "markdown", "html", "junit", "sarif", "github", "github_summary"})
    EXPECT_NE(find_format(name), nullptr) << name;
  EXPECT_EQ(find_format("pdf"), nullptr);
}

TEST(formats, no_name_is_a_workflow_command_in_a_log) {
  check_result result = all_pass();
  for (const char* name : {"::error::x", "  ::stop-commands::x", "x ##[add-mask]y"}) {
    result.removed.push_back({name, name});
    result.environment.push_back({name, name, name});
    result.notes.push_back(name);
    result.candidate_name = name;
    for (const std::string& line : lines_of(as_text(result))) {
      const std::size_t begin = line.find_first_not_of(' ');
      EXPECT_FALSE(begin != line.npos && line.compare(begin, 2, "::") == 0) << line;
      EXPECT_EQ(line.find("##["), line.npos) << line;
    }
  }
}

TEST(formats, wrong_control_is_in_every_format) {
  check_result result = all_pass();
  result.controls = {{.cell = "noop/serial", .blocks = 3, .ratio = 1.07, .total_ratio = 1.08},
                     {.cell = "noop/serial", .added = 0.05, .blocks = 3, .ratio = 1.05}};
  result.controls[0].problem = "the baseline differs from itself in 3 blocks";
  EXPECT_EQ(exit_code_of(result), 2);
  for (const output_format& format : all_formats()) {
    const std::string out = format.render(result);
    EXPECT_NE(out.find("differs from itself"), std::string::npos) << format.name << "\n" << out;
  }
  const auto stored = nlohmann::json::parse(as_json(result))["crossover_check"]["controls"];
  ASSERT_EQ(stored.size(), 2u);
  for (const char* key :
       {"cell", "added", "added_to", "blocks", "ratio", "total_ratio", "seconds", "problem"})
    EXPECT_TRUE(stored[1].contains(key)) << key;
  EXPECT_EQ(stored[1]["added_to"], "work");
  EXPECT_EQ(stored[1]["total_ratio"], nullptr);
}

TEST(formats, outputs_are_printable_utf8_ending_in_a_newline) {
  for (const output_format& format : all_formats())
    for (const check_result& result : {sample_comparison(), all_pass(), check_result{}}) {
      const std::string out = format.render(result);
      ASSERT_FALSE(out.empty()) << format.name;
      EXPECT_EQ(out.back(), '\n') << format.name;
      for (const std::string& line : lines_of(out)) {
        if (format.name == "json" ||
            format.name == "sarif") {  // JSON does its own escaping and keeps the names unchanged
          EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20;
          })) << format.name;
          continue;
        }
        EXPECT_TRUE(is_visible_line(line)) << format.name;
      }
    }
}

TEST(text, sorts_by_urgency_and_ends_with_the_headline) {
  const std::vector<std::string> lines = lines_of(as_text(sample_comparison()));
  const auto first = std::find_if(lines.begin(), lines.end(),
                                  [](const std::string& l) { return l.starts_with("verdict"); });
  ASSERT_NE(first, lines.end());
  EXPECT_TRUE((first + 1)->starts_with("regression"));
  EXPECT_EQ(
      lines.back(),
      "regression: 12 cells compared, 4 regressed, 1 newly failing, 1 removed, 4 inconclusive, 1 "
      "failing on both sides, 1 improved, environments differ");
  EXPECT_EQ(as_text(all_pass()),
            "b against a: time per operation\n\n"
            "verdict           change  95 % interval                    p  blocks  cell\n"
            "pass             +0.04 %  -1.00 % to +1.00 %          0.8000       6  noop/serial\n\n"
            "tolerate 1 %, detect 5 %, false alarms 1 % per suite, power 95 %, seed 1\n"
            "pass: 1 cell compared\n");
}

TEST(json, reads_back_with_every_field) {
  const auto document = nlohmann::json::parse(as_json(sample_comparison()))["crossover_check"];
  EXPECT_EQ(document["schema"], 1);
  EXPECT_EQ(document["verdict"], "regression");
  EXPECT_EQ(document["exit_code"], 1);
  ASSERT_EQ(document["cells"].size(), hostile_names().size());
  EXPECT_EQ(document["cells"][1]["name"], "two\nlines\r\nand\ttab")
      << "JSON keeps the name unchanged";
  EXPECT_EQ(document["cells"][1]["adjusted_p"], 0.0005);
  EXPECT_TRUE(document["cells"][3]["lower"].is_null());
  EXPECT_EQ(document["plan"]["wall_s"], 29.5);
  EXPECT_EQ(document["removed"][0]["name"], "gone ::warning::");
  check_result infinite = all_pass();
  infinite.cells[0].upper = INFINITY;
  EXPECT_TRUE(
      nlohmann::json::parse(as_json(infinite))["crossover_check"]["cells"][0]["upper"].is_null());
}

TEST(junit, parses_as_xml_with_correct_counts) {
  std::istringstream in(as_junit(sample_comparison()));
  boost::property_tree::ptree tree;
  boost::property_tree::read_xml(in, tree);
  const auto& suite = tree.get_child("testsuites.testsuite");
  unsigned tests = 0, failures = 0, errors = 0, skipped = 0;
  std::set<std::string> names;
  for (const auto& [tag, test] : suite) {
    if (tag != "testcase") continue;
    ++tests;
    failures += static_cast<unsigned>(test.count("failure"));
    errors += static_cast<unsigned>(test.count("error"));
    skipped += static_cast<unsigned>(test.count("skipped"));
    names.insert(test.get<std::string>("<xmlattr>.name"));
  }
  EXPECT_EQ(tests, 12u + 5u + 2u + 1u) << "cells, unmatched cells, controls and the environment";
  EXPECT_EQ(failures, 4u + 1u);
  EXPECT_EQ(errors, 4u + 1u + 1u + 1u);
  EXPECT_EQ(skipped, 2u);
  EXPECT_EQ(suite.get<unsigned>("<xmlattr>.tests"), tests);
  EXPECT_EQ(suite.get<unsigned>("<xmlattr>.failures"), failures);
  EXPECT_EQ(suite.get<unsigned>("<xmlattr>.errors"), errors);
  EXPECT_EQ(suite.get<unsigned>("<xmlattr>.skipped"), skipped);
  for (const std::string& name : hostile_names())
    EXPECT_TRUE(names.contains(one_line(name))) << one_line(name);
}

TEST(sarif, has_one_result_for_each_cell_that_does_not_pass) {
  const auto run = nlohmann::json::parse(as_sarif(sample_comparison()))["runs"][0];
  std::map<std::string, int> of_rule;
  std::set<std::string> fingerprints;
  for (const auto& result : run["results"]) {
    ++of_rule[result["ruleId"]];
    const auto& rule = run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()];
    EXPECT_EQ(rule["id"], result["ruleId"]);
    EXPECT_EQ(rule["defaultConfiguration"]["level"], result["level"]);
    EXPECT_TRUE(fingerprints.insert(result["partialFingerprints"]["cell/v1"]).second);
    const std::string uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    EXPECT_EQ(uri, "head%20build/results.json");
  }
  EXPECT_EQ(of_rule, (std::map<std::string, int>{{"regression", 4},
                                                 {"inconclusive", 4},
                                                 {"newly_failing", 1},
                                                 {"removed", 1},
                                                 {"failing", 1},
                                                 {"environment", 1}}));
  EXPECT_TRUE(nlohmann::json::parse(as_sarif(all_pass()))["runs"][0]["results"].empty());
}

/// Parses a line like the runner of GitHub Actions (actions/toolkit, docs/commands.md).
struct command {
  std::string name, title, message;
};
command read_command(const std::string& line) {
  static const std::regex form("::([a-z]+) title=([^,:]*)::(.*)");
  std::smatch part;
  if (!std::regex_match(line, part, form)) return {};
  return {part[1], part[2], part[3]};
}

TEST(github, encodes_one_command_per_line) {
  unsigned errors = 0, warnings = 0, notices = 0;
  for (const std::string& line : lines_of(as_github(sample_comparison()))) {
    const command read = read_command(line);
    ASSERT_FALSE(read.name.empty()) << line;
    EXPECT_FALSE(read.message.empty()) << line;
    errors += read.name == "error";
    warnings += read.name == "warning";
    notices += read.name == "notice";
  }
  EXPECT_EQ(errors, 4u + 1u + 1u);
  EXPECT_EQ(warnings, 4u + 1u + 1u + 1u);
  EXPECT_EQ(notices, 1u);
}

TEST(github, counts_omitted_annotations) {
  check_result result = all_pass();
  result.cells[0].outcome = verdict::regression;
  result.cells.resize(30, result.cells[0]);
  const std::vector<std::string> lines = lines_of(as_github(result));
  ASSERT_EQ(lines.size(), 11u);
  EXPECT_EQ(lines[9], "::error title=and 21 more::see the step summary");
  EXPECT_EQ(read_command(lines[10]).title, "crossover check");
}

TEST(markdown, has_six_columns_and_a_size_limit) {
  check_result result = sample_comparison();
  const std::string few = as_markdown(result);
  EXPECT_TRUE(few.starts_with("<!-- crossover check -->\n"));
  for (const std::string& line : lines_of(few))
    if (line.starts_with("|")) {
      EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 7) << line;
    }
  EXPECT_EQ(few.find("javascript:alert(1)]"), std::string::npos);
  EXPECT_EQ(few.find("<b>"), std::string::npos);
  EXPECT_EQ(few.find("<i>"), std::string::npos);
  while (result.cells.size() < 5'000)
    result.cells.push_back(result.cells[result.cells.size() % 12]);
  const std::string many = as_markdown(result);
  EXPECT_LT(many.size(), 65'536u);
  EXPECT_NE(many.find("more did not fit"), std::string::npos);
  EXPECT_NE(many.find("</details>"), std::string::npos);
  EXPECT_EQ("<!-- crossover check -->\n" + as_github_summary(result), many);
}

TEST(html, stays_small_and_says_what_it_leaves_out) {
  check_result result = sample_comparison();
  for (cell_comparison& cell : result.cells) cell.name += std::string(2'000, 'x');
  while (result.cells.size() < 3'000)
    result.cells.push_back(result.cells[result.cells.size() % 12]);
  result.added.resize(3'000, {"new", "not in base"});
  const std::string page = as_html(result);
  EXPECT_LT(page.size(), 2'000'000u);
  EXPECT_NE(page.find("The 1000 most urgent of 3000 cells"), std::string::npos);
  EXPECT_NE(page.find("<li>2800 more</li>"), std::string::npos);
}

}  // namespace
}  // namespace crossover
