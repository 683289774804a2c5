#pragma once

#include <string>
#include <vector>

#include "reports/check/comparison.hpp"

namespace crossover {

/// Names that break the output of a careless writer.
inline std::vector<std::string> hostile_names() {
  return {"\"quoted\" & 'apostrophed' <b>bold</b>",
          "two\nlines\r\nand\ttab",
          "::error title=x::injected",
          "a]]>b",
          "pipe | in | a table",
          "`code` *stars* _under_ [link](javascript:alert(1)) <!-- --> @everyone",
          "right \u202Eto left\u202C \u200F",
          std::string("nul\0in it\x1b[31m", 13),
          "not UTF-8 \xff\xfe \xc3\x28 \xed\xa0\x80 \xf5\x80\x80\x80",
          "100%25 \u4E2D\u6587 \U0001F680 \uFFFE",
          std::string(4000, 'x') + "/end",
          ""};
}

/// A result with every verdict, every list, and hostile names throughout.
inline check_result sample_comparison() {
  check_result result;
  result.baseline_name = "base \"build\"/results.json";
  result.candidate_name = "head build/results.json";
  result.plan.expected_s = 31;
  result.plan.wall_s = 29.5;
  result.plan.order = "slices alternate ABBA or BAAB at random";
  result.plan.screen_blocks = 6;
  result.plan.confirm_blocks = 11;
  int i = 0;
  for (const std::string& name : hostile_names()) {
    cell_comparison cell;
    cell.name = name;
    cell.ratio = 1.0 + 0.01 * (i - 3);
    cell.lower = *cell.ratio - 0.005;
    cell.upper = *cell.ratio + 0.005;
    cell.p = 0.5;
    cell.blocks = 12;
    cell.screen_blocks = 6;
    cell.sd = 0.01;
    cell.block_log_ratios = {0.01, 0.02};
    cell.outcome = static_cast<verdict>(i % 3);
    cell.improvement = cell.outcome == verdict::pass && *cell.ratio < 0.99;
    if (cell.outcome == verdict::inconclusive) cell.remedy = "more blocks for " + name;
    cell.notes.push_back("a note on " + name);
    if (i % 4 == 3) cell.lower = cell.upper = cell.p = cell.sd = std::nullopt;
    result.cells.push_back(cell);
    ++i;
  }
  result.cells[1].adjusted_p = 0.0005;
  result.timelines.push_back(
      {"a <cell> & \"quotes\"",
       {{"c<1>", "2026-01-01", 1e-6}, {"c2", "2026-01-02", 1.1e-6}, {"this run", "", 1.2e-6}},
       {{1, 0.1, 0.001, 0.01}}});
  result.timelines.push_back({"one run", {{"c", "", 2.0}}, {}});
  result.removed.push_back({"gone ::warning::", "not in head"});
  result.newly_failing.push_back({"fails <now>", "wrong digest\n::error::"});
  result.failing.push_back({"fails always", "refused"});
  result.added.push_back({"new", "not in base"});
  result.skipped.push_back({"idle", "no database"});
  result.environment.push_back({"kernel\n", "a|b", "<c>"});
  result.notes.push_back("a note with ::stop-commands::x and | and <i>");
  return result;
}

}  // namespace crossover
