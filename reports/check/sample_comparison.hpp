#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
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
  result.controls = {
      {.cell = "a <cell> & \"quotes\"", .blocks = 2, .ratio = 1.001, .total_ratio = 0.998},
      {.cell = "a | b\n", .added = 0.05, .is_counted = true, .blocks = 2, .ratio = 1.051}};
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

/// A usual check against a history: 12 cells in 40 runs, one with two changes of level, one with
/// several changes close together.
inline check_result usual_comparison() {
  check_result result;
  result.baseline_name = "the last 10 runs (3f2c1a9 to 9d03b7e)";
  result.candidate_name = "results.json";
  result.plan.order = "sequential runs";
  const std::vector<std::pair<std::string, double>> cells = {
      {"network/event_loop/cores:1/in_flight:64/bytes:64/delay:0", 1.081},
      {"network/thread_pool/cores:1/in_flight:64/bytes:64/delay:0", 0.943},
      {"network/processes/cores:1/in_flight:64/bytes:64/delay:0", 1.004},
      {"network/event_loop/cores:2/in_flight:1024/bytes:64/delay:0", 1.031},
      {"hashing/serial/cores:1/in_flight:1/algorithm:sha256/bytes:64KiB", 0.999},
      {"hashing/thread_pool/cores:2/in_flight:2/algorithm:sha256/bytes:64KiB", 1.002},
      {"sleep/event_loop/cores:1/in_flight:1024/delay:10ms", 1.000},
      {"sleep/thread_pool/cores:1/in_flight:1024/delay:10ms", 1.006},
      {"download/event_loop/cores:1/in_flight:64/bytes:16KiB/delay:0", 0.996},
      {"query/thread_pool/cores:1/in_flight:8/engine:sqlite/rows:1", 1.009},
      {"noop/event_loop/cores:1/in_flight:1", 0.997},
      {"noop/serial/cores:1/in_flight:1", 1.001}};
  std::uint64_t random = 1;
  const auto scatter = [&random] {  // -1 to 1 (Knuth's MMIX generator)
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(random >> 33) / (1u << 30) - 1;
  };
  double level = 1e-6;
  for (const auto& [name, ratio] : cells) {
    cell_comparison cell;
    cell.name = name;
    cell.ratio = ratio;
    cell.lower = ratio - 0.012;
    cell.upper = ratio + 0.013;
    cell.p = ratio > 1.05 ? 0.0004 : 0.4;
    cell.blocks = 8;
    cell.outcome = ratio > 1.05   ? verdict::regression
                   : ratio > 1.03 ? verdict::inconclusive
                                  : verdict::pass;
    cell.improvement = ratio < 0.95;
    if (cell.outcome == verdict::inconclusive) cell.remedy = "about 6 more runs would decide";
    result.cells.push_back(cell);

    timeline line{name, {}, {}};
    if (result.cells.size() == 1)
      line.changes = {{14, -0.06, 0.001, 0.01}, {31, 0.078, 0.001, 0.01}};
    if (result.cells.size() == 2)
      line.changes = {{10, 0.03, 0.001, 0.01}, {12, 0.04, 0.001, 0.01}, {36, -0.1, 0.001, 0.01}};
    double shift = 0;
    for (std::size_t run = 0; run < 40; ++run) {
      for (const change_point& change : line.changes)
        if (change.index == run) shift += change.shift;
      const bool is_last = run == 39;
      line.runs.push_back({is_last ? "this run" : std::to_string(0x3f2c1a9 + 7919 * run),
                           "2026-" + std::to_string(run / 28 + 10) + "-" +
                               std::to_string(run % 28 + 10) + "T03:00:00+00:00",
                           level * std::exp(shift + 0.008 * scatter())});
    }
    result.timelines.push_back(std::move(line));
    level *= 2.7;
  }
  return result;
}

}  // namespace crossover
