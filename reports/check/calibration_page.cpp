#include <fmt/format.h>

#include <cmath>

#include "reports/check/calibration.hpp"
#include "reports/escape.hpp"
#include "reports/statistics/binomial.hpp"

namespace crossover {
namespace {

std::string share(const proportion& counts) {
  if (counts.of == 0) return "";
  const counted_share exact = clopper_pearson(counts.times, counts.of);
  return fmt::format("{} of {}: {:.2f} % ({:.2f} to {:.2f})", counts.times, counts.of,
                     exact.share * 100, exact.lower * 100, exact.upper * 100);
}

std::string change(double log_ratio) {
  return fmt::format("{:+.2f} %", std::expm1(log_ratio) * 100);
}

std::string live_table(const calibration& result) {
  std::string out = "| what | how often |\n|---|---|\n";
  const auto row = [&](const std::string& event, const proportion& counts) {
    if (counts.of > 0) out += fmt::format("| {} | {} |\n", event, share(counts));
  };
  row("false alarm in a suite of identical builds", result.false_alarm);
  row("suite of identical builds passes", result.passed);
  row(fmt::format("cell slowed down by {:.3g} % is called a regression", result.slower),
      result.found);
  if (result.found_if_injection_visible.of < result.found.of)
    row("the same, only cells whose measured slowdown is at least half of the added work (last "
        "table); in the others something else is the limit, such as the server",
        result.found_if_injection_visible);
  row("cell slowed down passes", result.missed);
  row("false alarm in another cell of such a suite", result.false_alarm_elsewhere);
  return out;
}

std::string rank_table(const calibration& result) {
  std::string out = "| what | U-test, sequential runs | `crossover check` |\n|---|---|---|\n";
  const auto row = [&](const std::string& event, const proportion& rank_test,
                       const proportion& check) {
    if (rank_test.of > 0)
      out += fmt::format("| {} | {} | {} |\n", event, share(rank_test), share(check));
  };
  row("comparison of one cell's identical code flagged", result.rank_flagged_cell, {});
  row("suite of identical builds with a cell flagged", result.rank_flagged_suite,
      result.false_alarm);
  row(fmt::format("cell slowed down by {:.3g} % flagged as slower", result.slower),
      result.rank_found, result.found);
  return out;
}

std::string bootstrap_table(const calibration& result) {
  std::string out =
      "| scenario | false alarm in the suite | slower cell found | slower cell passed | suite "
      "passed "
      "| blocks per suite |\n|---|---|---|---|---|---|\n";
  for (const bootstrap_result& simulated : result.bootstrap)
    out += fmt::format("| {} | {} | {} | {} | {} | {:.0f} |\n", simulated.scenario,
                       share(simulated.false_alarm), share(simulated.found),
                       share(simulated.missed), share(simulated.passed), simulated.blocks);
  return out;
}

std::string cell_table(const calibration& result) {
  std::string out =
      "| cell | blocks | mean | s.d. of a block | slowed down: blocks | mean | found "
      "|\n|---|---|---|---|---|---|---|\n";
  for (const calibrated_cell& cell : result.cells)
    out += fmt::format(
        "| {} | {} | {} | {:.2f} % | {} | {} | {} |\n", markdown_code(cell.name, 120), cell.blocks,
        cell.blocks > 0 ? change(cell.mean) : "", cell.sd * 100,
        cell.slower_blocks > 0 ? std::to_string(cell.slower_blocks) : "",
        cell.slower_mean ? change(*cell.slower_mean) : "",
        cell.found.of > 0 ? fmt::format("{} of {}", cell.found.times, cell.found.of) : "");
  return out;
}

}  // namespace

std::string calibration_page(const calibration& result, const std::string& command) {
  std::string out = "# Measured error rates of `crossover check`\n\n";
  out += fmt::format(
      "Made by `{}` from suites of {} cells,\nmeasured from {} to {}.\n\nMachine: {}.\n\n", command,
      result.cells.size(), result.first_date, result.last_date, markdown_text(result.machine));
  out += fmt::format(
      "Requested: `--tolerate {} --detect {} --false-alarms {} --power {}`.\nIn parentheses: the "
      "95 % interval of Clopper and Pearson.\n",
      as_percent(result.rates.tolerate), as_percent(result.rates.detect),
      as_percent(result.rates.false_alarms), as_percent(result.rates.power));
  out += fmt::format(
      "\n## Live suites\n\nBoth programs are the same build. In some suites one cell of the "
      "candidate does {:.3g} % more work per operation\n(busy-waiting in proportion to the time of "
      "the operation).\n\n{}"
      "\nA suite of identical builds took {:.1f} s on average and {:.1f} s at most, with {:.0f} "
      "blocks on average.\n",
      result.slower, live_table(result), result.mean_wall_s, result.longest_wall_s,
      result.mean_blocks);
  out +=
      "\n## The same data under a conventional test\n\nHere one program's run of the suite is "
      "taken to follow the other's: for each cell's screen, the baseline's figures from\nthe first "
      "half of the blocks against the candidate's from the second half, by the two-sided U-test of "
      "Google Benchmark's\ncompare.py at 5 %.\n\n" +
      rank_table(result);
  if (!result.bootstrap.empty())
    out +=
        "\n## Bootstrap\n\nSimulated, not measured: each block is drawn at random from that cell's "
        "blocks above and given a random sign, and the\nsame gate decides. Effects shared by the "
        "blocks of one suite are lost.\n\n" +
        bootstrap_table(result);
  out +=
      "\n## The cells\n\nFor identical code the mean should be 0. The s.d. determines how many "
      "blocks a cell needs. For a slowed cell, the mean\nis the effective slowdown.\n\n" +
      cell_table(result);
  if (result.left_out > 0)
    out += fmt::format(
        "\n{} suites of another machine, build or plan were recorded and are not in these "
        "tables.\n",
        result.left_out);
  if (!result.failures.empty()) {
    out += fmt::format("\n## Cells that failed in a block: {}\n\n", result.failures.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(20, result.failures.size()); ++i)
      out += "* " + markdown_text(result.failures[i], 300) + "\n";
  }
  return out;
}

}  // namespace crossover
